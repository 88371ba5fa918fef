CREATE TABLE "looked_at_marks" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"object_id" bigint NOT NULL,
	"job_id" integer NOT NULL,
	"spans" integer[] NOT NULL,
	"version" integer NOT NULL,
	"user_id" integer,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "looked_at_marks" ADD CONSTRAINT "looked_at_marks_object_id_annotation_objects_id_fk" FOREIGN KEY ("object_id") REFERENCES "public"."annotation_objects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "looked_at_marks" ADD CONSTRAINT "looked_at_marks_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "looked_at_marks" ADD CONSTRAINT "looked_at_marks_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "looked_at_marks_job" ON "looked_at_marks" USING btree ("job_id","object_id");