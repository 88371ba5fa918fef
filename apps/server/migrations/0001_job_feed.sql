CREATE TABLE "annotation_tombstones" (
	"object_id" bigint PRIMARY KEY NOT NULL,
	"job_id" integer NOT NULL,
	"kind" text NOT NULL,
	"uid" text,
	"version" integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE "annotation_objects" ADD COLUMN "uid" text;--> statement-breakpoint
ALTER TABLE "annotation_objects" ADD COLUMN "created_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "annotation_objects" ADD COLUMN "changed_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "keyframe_blocks" ADD COLUMN "versions" integer[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "keyframe_blocks" ADD COLUMN "changed_version" integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE "annotation_tombstones" ADD CONSTRAINT "annotation_tombstones_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "annotation_tombstones_version" ON "annotation_tombstones" USING btree ("job_id","version");--> statement-breakpoint
CREATE INDEX "annotation_tombstones_uid" ON "annotation_tombstones" USING btree ("job_id","uid") WHERE uid is not null;--> statement-breakpoint
CREATE INDEX "annotation_objects_changed" ON "annotation_objects" USING btree ("job_id","changed_version");--> statement-breakpoint
CREATE UNIQUE INDEX "annotation_objects_uid" ON "annotation_objects" USING btree ("job_id","uid") WHERE uid is not null;--> statement-breakpoint
-- Objects also go with their label, by its foreign key: only the database sees all of them go. When their job goes too,
-- there is nobody left to be told.
CREATE FUNCTION "annotation_objects_removed"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "annotation_tombstones" ("object_id", "job_id", "kind", "uid", "version")
    SELECT gone."id", gone."job_id", gone."kind", gone."uid", "jobs"."annotations_version"
    FROM gone JOIN "jobs" ON "jobs"."id" = gone."job_id"
    ON CONFLICT ("object_id") DO UPDATE SET "version" = excluded."version";
  RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER "annotation_objects_removed" AFTER DELETE ON "annotation_objects"
  REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION "annotation_objects_removed"();
