CREATE TABLE "installation" (
	"one" integer PRIMARY KEY DEFAULT 1 NOT NULL,
	"data_id" uuid DEFAULT gen_random_uuid() NOT NULL,
	"roto_version" text NOT NULL,
	"changed_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "installation_one" CHECK ("installation"."one" = 1)
);
--> statement-breakpoint
ALTER TABLE "requests" ADD COLUMN "crashes" integer DEFAULT 0 NOT NULL;