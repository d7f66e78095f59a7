package worker

import "context"

// GiveAnswer gives one answer, as a job that looks would.
func GiveAnswer(ctx context.Context, cfg Config, id int64) (bool, error) {
	return (&AnswerCustomers{cfg: cfg.withDefaults()}).answer(ctx, id)
}

// ChargeCardsOnce looks at cards once, as the job does.
func ChargeCardsOnce(ctx context.Context, cfg Config, limit int) (bool, error) {
	return chargeCards(ctx, cfg, limit)
}
