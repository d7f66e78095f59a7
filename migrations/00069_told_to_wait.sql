-- +goose Up

-- STK-2: the customer was told that what is missing of a line comes: it is waited for, whatever is
-- known of its day by now.
ALTER TABLE order_lines ADD COLUMN waits boolean NOT NULL DEFAULT false;

UPDATE order_lines l SET waits = true FROM orders o
WHERE o.id = l.order_id AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty
  AND (o.state = 'short' OR o.state IN ('held', 'accepted') AND l.restock_on IS NOT NULL);

-- +goose Down
ALTER TABLE order_lines DROP COLUMN waits;
