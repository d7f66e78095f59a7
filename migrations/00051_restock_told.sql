-- +goose Up

-- STK-4: the day on which what a line waits for comes in, as its customer was told; null where none was.
ALTER TABLE order_lines ADD COLUMN restock_on date;

-- Of the backorders there are, customers were told the earliest day known.
UPDATE order_lines l SET restock_on = s.restock_on
FROM (SELECT item_code, min(restock_on) AS restock_on FROM stock GROUP BY 1) s, orders o
WHERE o.id = l.order_id AND o.state = 'short' AND s.item_code = l.item_code AND l.class <> 'phone' AND l.reserved_qty + l.cancelled_qty < l.qty;

-- +goose Down
ALTER TABLE order_lines DROP COLUMN restock_on;
