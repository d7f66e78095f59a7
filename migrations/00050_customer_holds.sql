-- +goose Up

-- CST-1: why all orders of a department wait, as a lead said; '' where they do not.
ALTER TABLE departments ADD COLUMN hold text NOT NULL DEFAULT '';
ALTER TABLE department_changes DROP CONSTRAINT department_changes_kind_check;
ALTER TABLE department_changes ADD CONSTRAINT department_changes_kind_check CHECK (kind IN ('stockout', 'answers', 'phone', 'kana', 'hold'));

-- +goose Down
ALTER TABLE department_changes DROP CONSTRAINT department_changes_kind_check;
ALTER TABLE department_changes ADD CONSTRAINT department_changes_kind_check CHECK (kind IN ('stockout', 'answers', 'phone', 'kana', 'hold')) NOT VALID;
ALTER TABLE departments DROP COLUMN hold;
