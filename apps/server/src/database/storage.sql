--> statement-breakpoint
-- What the schema cannot say: long texts of annotations lie beside their rows as they are, because packing and unpacking
-- them costs more time than it saves space (docs/decisions/0012-annotations-as-text.md).
ALTER TABLE "keyframe_blocks" ALTER COLUMN "shapes" SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE "annotation_objects" ALTER COLUMN "body" SET STORAGE EXTERNAL;
--> statement-breakpoint
ALTER TABLE "annotation_change_frames" ALTER COLUMN "before" SET STORAGE EXTERNAL;
