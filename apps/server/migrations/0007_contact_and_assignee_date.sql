ALTER TABLE "organizations" ADD COLUMN "contact" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "jobs" ADD COLUMN "assignee_updated_date" timestamp (3) with time zone;