package worker

import "context"

// GiveAnswer gives one answer, as a job that looks would.
func GiveAnswer(ctx context.Context, cfg Config, id int64) (bool, error) {
	return (&AnswerCustomers{cfg: cfg.withDefaults()}).answer(ctx, id)
}
