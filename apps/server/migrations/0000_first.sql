CREATE TABLE "annotation_change_frames" (
	"change_id" bigint NOT NULL,
	"element" integer DEFAULT -1 NOT NULL,
	"block" integer NOT NULL,
	"frames" integer[] NOT NULL,
	"revisions" integer[] NOT NULL,
	"before" text NOT NULL,
	CONSTRAINT "annotation_change_frames_change_id_element_block_pk" PRIMARY KEY("change_id","element","block")
);
--> statement-breakpoint
CREATE TABLE "annotation_changes" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"job_id" integer NOT NULL,
	"object_id" bigint NOT NULL,
	"kind" text NOT NULL,
	"action" text NOT NULL,
	"at" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"until" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"user_id" integer,
	"origin" text NOT NULL,
	"run_id" uuid,
	"revision" integer NOT NULL,
	"head" text
);
--> statement-breakpoint
CREATE TABLE "annotation_objects" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"job_id" integer NOT NULL,
	"kind" text NOT NULL,
	"frame" integer NOT NULL,
	"label_id" integer NOT NULL,
	"group" integer DEFAULT 0 NOT NULL,
	"type" text,
	"body" text NOT NULL,
	"signals" text DEFAULT '' NOT NULL,
	"elements" text[] DEFAULT '{}' NOT NULL,
	"attribute_ids" text DEFAULT '' NOT NULL,
	"origin" text NOT NULL,
	"tracked_from" bigint,
	"revision" integer DEFAULT 1 NOT NULL,
	"updated_by" integer,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "keyframe_blocks" (
	"object_id" bigint NOT NULL,
	"element" integer DEFAULT -1 NOT NULL,
	"block" integer NOT NULL,
	"shapes" text NOT NULL,
	CONSTRAINT "keyframe_blocks_object_id_element_block_pk" PRIMARY KEY("object_id","element","block")
);
--> statement-breakpoint
CREATE TABLE "agents" (
	"function_id" integer NOT NULL,
	"agent_id" text NOT NULL,
	"user_id" integer,
	"capabilities" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"first_seen" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_seen" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "agents_function_id_agent_id_pk" PRIMARY KEY("function_id","agent_id")
);
--> statement-breakpoint
CREATE TABLE "function_requests" (
	"id" uuid PRIMARY KEY NOT NULL,
	"function_id" integer NOT NULL,
	"category" text NOT NULL,
	"params" jsonb NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"run_id" uuid,
	"task_id" integer,
	"owner_id" integer,
	"agent_id" text,
	"fence" bigint DEFAULT 0 NOT NULL,
	"lease_until" timestamp (3) with time zone,
	"leased_date" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"only_agent_id" text,
	"run_step" jsonb,
	"not_before" timestamp (3) with time zone,
	"deadline" timestamp (3) with time zone,
	"progress" double precision DEFAULT 0 NOT NULL,
	"result" jsonb,
	"error" text DEFAULT '' NOT NULL,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_date" timestamp (3) with time zone,
	"ended_date" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "functions" (
	"id" serial PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"name" text NOT NULL,
	"kind" text NOT NULL,
	"visibility" text DEFAULT 'private' NOT NULL,
	"spec" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"owner_id" integer,
	"organization_id" integer,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "run_frames" (
	"run_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"frame" integer NOT NULL,
	"found" boolean NOT NULL,
	"presence" double precision,
	"predicted_iou" double precision,
	"fence" bigint NOT NULL,
	CONSTRAINT "run_frames_run_id_frame_ordinal_pk" PRIMARY KEY("run_id","frame","ordinal")
);
--> statement-breakpoint
CREATE TABLE "run_objects" (
	"run_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"object_id" bigint,
	"type" text NOT NULL,
	"prompts" jsonb NOT NULL,
	"barrier_frame" integer,
	"end" text,
	"last_frame" integer NOT NULL,
	"last_shape" jsonb,
	"agent_state" text,
	CONSTRAINT "run_objects_run_id_ordinal_pk" PRIMARY KEY("run_id","ordinal")
);
--> statement-breakpoint
CREATE TABLE "runs" (
	"id" uuid PRIMARY KEY NOT NULL,
	"task_id" integer NOT NULL,
	"job_id" integer NOT NULL,
	"function_id" integer,
	"owner_id" integer,
	"start_frame" integer NOT NULL,
	"target_frame" integer NOT NULL,
	"options" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"state" text DEFAULT 'queued' NOT NULL,
	"done_frame" integer NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"fence" bigint DEFAULT 0 NOT NULL,
	"worked_seconds" double precision DEFAULT 0 NOT NULL,
	"saved_frames" integer DEFAULT 0 NOT NULL,
	"mode" text,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_date" timestamp (3) with time zone,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"ended_date" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "tracking_states" (
	"function_id" integer NOT NULL,
	"hash" text NOT NULL,
	"user_id" integer,
	"task_id" integer,
	"agent_id" text,
	"used_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "tracking_states_function_id_hash_pk" PRIMARY KEY("function_id","hash")
);
--> statement-breakpoint
CREATE TABLE "access_tokens" (
	"id" serial PRIMARY KEY NOT NULL,
	"user_id" integer NOT NULL,
	"name" text NOT NULL,
	"hash" text NOT NULL,
	"read_only" boolean DEFAULT false NOT NULL,
	"expiry_date" timestamp (3) with time zone,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_used_date" timestamp (3) with time zone,
	CONSTRAINT "access_tokens_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "memberships" (
	"id" serial PRIMARY KEY NOT NULL,
	"user_id" integer NOT NULL,
	"organization_id" integer NOT NULL,
	"role" text NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"joined_date" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "organizations" (
	"id" serial PRIMARY KEY NOT NULL,
	"slug" text NOT NULL,
	"name" text DEFAULT '' NOT NULL,
	"description" text DEFAULT '' NOT NULL,
	"owner_id" integer NOT NULL,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "organizations_slug_unique" UNIQUE("slug")
);
--> statement-breakpoint
CREATE TABLE "sessions" (
	"hash" text PRIMARY KEY NOT NULL,
	"user_id" integer NOT NULL,
	"csrf_token" text NOT NULL,
	"key_hash" text,
	"expires_date" timestamp (3) with time zone NOT NULL,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "sessions_key_hash_unique" UNIQUE("key_hash")
);
--> statement-breakpoint
CREATE TABLE "sign_in_links" (
	"hash" text PRIMARY KEY NOT NULL,
	"user_id" integer NOT NULL,
	"expires_date" timestamp (3) with time zone NOT NULL,
	"used_date" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "users" (
	"id" serial PRIMARY KEY NOT NULL,
	"username" text NOT NULL,
	"email" text DEFAULT '' NOT NULL,
	"first_name" text DEFAULT '' NOT NULL,
	"last_name" text DEFAULT '' NOT NULL,
	"password_hash" text,
	"is_admin" boolean DEFAULT false NOT NULL,
	"is_active" boolean DEFAULT true NOT NULL,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"last_login" timestamp (3) with time zone,
	CONSTRAINT "users_username_unique" UNIQUE("username")
);
--> statement-breakpoint
CREATE TABLE "jobs" (
	"id" serial PRIMARY KEY NOT NULL,
	"task_id" integer NOT NULL,
	"assignee_id" integer,
	"stage" text DEFAULT 'annotation' NOT NULL,
	"state" text DEFAULT 'new' NOT NULL,
	"start_frame" integer NOT NULL,
	"stop_frame" integer NOT NULL,
	"annotations_version" integer DEFAULT 0 NOT NULL,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "label_attributes" (
	"id" serial PRIMARY KEY NOT NULL,
	"label_id" integer NOT NULL,
	"name" text NOT NULL,
	"mutable" boolean NOT NULL,
	"input_type" text NOT NULL,
	"default_value" text DEFAULT '' NOT NULL,
	"values" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "labels" (
	"id" serial PRIMARY KEY NOT NULL,
	"task_id" integer NOT NULL,
	"parent_id" integer,
	"name" text NOT NULL,
	"color" text NOT NULL,
	"type" text DEFAULT 'any' NOT NULL,
	"svg" text
);
--> statement-breakpoint
CREATE TABLE "requests" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"task_id" integer,
	"job_id" integer,
	"owner_id" integer,
	"format" text,
	"params" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"status" text DEFAULT 'queued' NOT NULL,
	"message" text DEFAULT '' NOT NULL,
	"progress" double precision DEFAULT 0 NOT NULL,
	"result_key" text,
	"result_name" text,
	"holder" text,
	"fence" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp (3) with time zone,
	"attempts" integer DEFAULT 0 NOT NULL,
	"cancelled" boolean DEFAULT false NOT NULL,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"started_date" timestamp (3) with time zone,
	"finished_date" timestamp (3) with time zone,
	"expiry_date" timestamp (3) with time zone
);
--> statement-breakpoint
CREATE TABLE "task_media" (
	"task_id" integer PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"storage_key" text NOT NULL,
	"size" integer NOT NULL,
	"start_frame" integer NOT NULL,
	"stop_frame" integer NOT NULL,
	"step" integer DEFAULT 1 NOT NULL,
	"width" integer NOT NULL,
	"height" integer NOT NULL,
	"frame_rate" double precision DEFAULT 0 NOT NULL,
	"names" jsonb NOT NULL,
	"bytes" bigint NOT NULL,
	"sha256" text NOT NULL,
	"chunk_size" integer NOT NULL,
	"image_quality" integer DEFAULT 70 NOT NULL,
	"deleted_frames" jsonb DEFAULT '[]'::jsonb NOT NULL,
	"chunks_updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "tasks" (
	"id" serial PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"owner_id" integer,
	"assignee_id" integer,
	"assignee_updated_date" timestamp (3) with time zone,
	"organization_id" integer,
	"bug_tracker" text DEFAULT '' NOT NULL,
	"subset" text DEFAULT '' NOT NULL,
	"segment_size" integer DEFAULT 0 NOT NULL,
	"overlap" integer,
	"created_date" timestamp (3) with time zone DEFAULT now() NOT NULL,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "uploads" (
	"id" text PRIMARY KEY NOT NULL,
	"user_id" integer NOT NULL,
	"task_id" integer NOT NULL,
	"purpose" text NOT NULL,
	"filename" text NOT NULL,
	"length" bigint NOT NULL,
	"offset" bigint DEFAULT 0 NOT NULL,
	"position" integer DEFAULT 0 NOT NULL,
	"updated_date" timestamp (3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
ALTER TABLE "annotation_change_frames" ADD CONSTRAINT "annotation_change_frames_change_id_annotation_changes_id_fk" FOREIGN KEY ("change_id") REFERENCES "public"."annotation_changes"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "annotation_changes" ADD CONSTRAINT "annotation_changes_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "annotation_changes" ADD CONSTRAINT "annotation_changes_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "annotation_objects" ADD CONSTRAINT "annotation_objects_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "annotation_objects" ADD CONSTRAINT "annotation_objects_label_id_labels_id_fk" FOREIGN KEY ("label_id") REFERENCES "public"."labels"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "annotation_objects" ADD CONSTRAINT "annotation_objects_updated_by_users_id_fk" FOREIGN KEY ("updated_by") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "keyframe_blocks" ADD CONSTRAINT "keyframe_blocks_object_id_annotation_objects_id_fk" FOREIGN KEY ("object_id") REFERENCES "public"."annotation_objects"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_function_id_functions_id_fk" FOREIGN KEY ("function_id") REFERENCES "public"."functions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agents" ADD CONSTRAINT "agents_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "function_requests" ADD CONSTRAINT "function_requests_function_id_functions_id_fk" FOREIGN KEY ("function_id") REFERENCES "public"."functions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "function_requests" ADD CONSTRAINT "function_requests_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "function_requests" ADD CONSTRAINT "function_requests_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "function_requests" ADD CONSTRAINT "function_requests_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "functions" ADD CONSTRAINT "functions_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "functions" ADD CONSTRAINT "functions_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_frames" ADD CONSTRAINT "run_frames_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_objects" ADD CONSTRAINT "run_objects_run_id_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."runs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "run_objects" ADD CONSTRAINT "run_objects_object_id_annotation_objects_id_fk" FOREIGN KEY ("object_id") REFERENCES "public"."annotation_objects"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_function_id_functions_id_fk" FOREIGN KEY ("function_id") REFERENCES "public"."functions"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "runs" ADD CONSTRAINT "runs_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tracking_states" ADD CONSTRAINT "tracking_states_function_id_functions_id_fk" FOREIGN KEY ("function_id") REFERENCES "public"."functions"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tracking_states" ADD CONSTRAINT "tracking_states_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tracking_states" ADD CONSTRAINT "tracking_states_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "access_tokens" ADD CONSTRAINT "access_tokens_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "memberships" ADD CONSTRAINT "memberships_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "organizations" ADD CONSTRAINT "organizations_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sessions" ADD CONSTRAINT "sessions_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "sign_in_links" ADD CONSTRAINT "sign_in_links_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "jobs" ADD CONSTRAINT "jobs_assignee_id_users_id_fk" FOREIGN KEY ("assignee_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "label_attributes" ADD CONSTRAINT "label_attributes_label_id_labels_id_fk" FOREIGN KEY ("label_id") REFERENCES "public"."labels"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "labels" ADD CONSTRAINT "labels_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_job_id_jobs_id_fk" FOREIGN KEY ("job_id") REFERENCES "public"."jobs"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "requests" ADD CONSTRAINT "requests_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "task_media" ADD CONSTRAINT "task_media_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_owner_id_users_id_fk" FOREIGN KEY ("owner_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_assignee_id_users_id_fk" FOREIGN KEY ("assignee_id") REFERENCES "public"."users"("id") ON DELETE set null ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "tasks" ADD CONSTRAINT "tasks_organization_id_organizations_id_fk" FOREIGN KEY ("organization_id") REFERENCES "public"."organizations"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_user_id_users_id_fk" FOREIGN KEY ("user_id") REFERENCES "public"."users"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "uploads" ADD CONSTRAINT "uploads_task_id_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "annotation_changes_object" ON "annotation_changes" USING btree ("object_id","id");--> statement-breakpoint
CREATE INDEX "annotation_changes_job" ON "annotation_changes" USING btree ("job_id","id");--> statement-breakpoint
CREATE INDEX "annotation_objects_job" ON "annotation_objects" USING btree ("job_id","kind","id");--> statement-breakpoint
CREATE INDEX "annotation_objects_tracked" ON "annotation_objects" USING btree ("tracked_from","frame");--> statement-breakpoint
CREATE INDEX "function_requests_queue" ON "function_requests" USING btree ("function_id","category","created_date") WHERE state in ('queued', 'leased');--> statement-breakpoint
CREATE INDEX "function_requests_ended" ON "function_requests" USING btree ("ended_date");--> statement-breakpoint
CREATE UNIQUE INDEX "function_requests_run" ON "function_requests" USING btree ("run_id") WHERE state in ('queued', 'leased');--> statement-breakpoint
CREATE INDEX "runs_task" ON "runs" USING btree ("task_id","created_date");--> statement-breakpoint
CREATE UNIQUE INDEX "memberships_member" ON "memberships" USING btree ("organization_id","user_id");--> statement-breakpoint
CREATE INDEX "jobs_task" ON "jobs" USING btree ("task_id");--> statement-breakpoint
CREATE INDEX "jobs_assignee" ON "jobs" USING btree ("assignee_id");--> statement-breakpoint
CREATE INDEX "label_attributes_label" ON "label_attributes" USING btree ("label_id");--> statement-breakpoint
CREATE INDEX "labels_task" ON "labels" USING btree ("task_id");--> statement-breakpoint
CREATE INDEX "requests_task" ON "requests" USING btree ("task_id");--> statement-breakpoint
CREATE INDEX "requests_status" ON "requests" USING btree ("status");--> statement-breakpoint
CREATE INDEX "tasks_owner" ON "tasks" USING btree ("owner_id");--> statement-breakpoint
CREATE INDEX "tasks_organization" ON "tasks" USING btree ("organization_id");--> statement-breakpoint
CREATE INDEX "uploads_task" ON "uploads" USING btree ("task_id");--> statement-breakpoint
-- What the schema cannot say: long texts of annotations lie beside their rows as they are, because packing and unpacking
-- them costs more time than it saves space (docs/decisions/0012-annotations-as-text.md).
ALTER TABLE "keyframe_blocks" ALTER COLUMN "shapes" SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE "annotation_objects" ALTER COLUMN "body" SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE "annotation_change_frames" ALTER COLUMN "before" SET STORAGE EXTERNAL;
