-- +goose Up

-- FEE-2: an add-on's order and until when its fee may still change; PAY-1 and CUT-9: what fees and
-- dates are judged by.
ALTER TABLE orders
    ADD COLUMN authorised_yen bigint NOT NULL DEFAULT 0 CHECK (authorised_yen >= 0),
    ADD COLUMN fee_first      text NOT NULL DEFAULT '',
    ADD COLUMN fee_until_at   timestamptz,
    ADD COLUMN approved_at    timestamptz;
CREATE INDEX orders_fee_until ON orders (fee_until_at) WHERE fee_until_at IS NOT NULL;
-- The department's orders of some days.
CREATE INDEX orders_department_days ON orders (department_code, acceptance_on);

-- STK-2: of what was ordered, what is not delivered after all.
ALTER TABLE order_lines
    ADD COLUMN cancelled_qty integer NOT NULL DEFAULT 0,
    ADD CONSTRAINT order_lines_cancelled_within_qty CHECK (cancelled_qty >= 0 AND reserved_qty + cancelled_qty <= qty);

-- STK-1: business days more to regions that the warehouse does not serve.
ALTER TABLE warehouses ADD COLUMN fallback_lead_days integer NOT NULL DEFAULT 0 CHECK (fallback_lead_days >= 0);

-- +goose Down
ALTER TABLE warehouses DROP COLUMN fallback_lead_days;
ALTER TABLE order_lines DROP CONSTRAINT order_lines_cancelled_within_qty, DROP COLUMN cancelled_qty;
DROP INDEX orders_department_days, orders_fee_until;
ALTER TABLE orders DROP COLUMN approved_at, DROP COLUMN fee_until_at, DROP COLUMN fee_first, DROP COLUMN authorised_yen;
