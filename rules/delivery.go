package rules

import (
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"todoke/order"
)

// Attempt is one attempt to send a delivery, as it ended.
type Attempt struct {
	Way     string
	Outcome AttemptOutcome
	At      time.Time // when it ended
}

// AttemptOutcome is what an attempt came to.
type AttemptOutcome string

// The outcomes of attempts.
const (
	AttemptSent      AttemptOutcome = "sent"      // handed over
	AttemptTemporary AttemptOutcome = "temporary" // nothing arrived; it may work later
	AttemptPermanent AttemptOutcome = "permanent" // nothing arrived; this way never will
	AttemptUncertain AttemptOutcome = "uncertain" // it may have arrived
	AttemptReturned  AttemptOutcome = "returned"  // handed over, and told later that it did not arrive
)

// NextAttempt is what is to be done about a delivery that has not been sent.
type NextAttempt struct {
	Way       string    // "" gives up
	NotBefore time.Time // when it may be tried
	Waits     string    // why it waits, for people; "" where it need not
	Why       string    // why it was given up, for people
}

// PlanDelivery decides when and by which way a delivery is tried next, after the attempts made so
// far (oldest first). ways are in the order of preference; id spreads the pauses.
//
// A way that fails for good, or whose success was taken back, is out. After
// DeliverySwitchAfter temporary failures in a row the next way has its turn, and after the last
// the first again. An uncertain attempt is repeated by the same way, under the same name, so that
// who knows the name drops the second; after DeliveryUncertainRetries of them a person decides.
// Quiet hours (FAX-3) put off what is not urgent.
func PlanDelivery(id int64, channel, kind string, ways []string, past []Attempt, created, now time.Time, s Settings) NextAttempt {
	var usable []string
	for _, w := range ways {
		if !slices.ContainsFunc(past, func(a Attempt) bool {
			return a.Way == w && (a.Outcome == AttemptPermanent || a.Outcome == AttemptReturned)
		}) {
			usable = append(usable, w)
		}
	}
	if len(usable) == 0 {
		why := "every way failed for good"
		if len(ways) == 0 {
			why = "no way is configured for " + channel
		}
		return NextAttempt{Why: why}
	}
	next := NextAttempt{Way: usable[0], NotBefore: now}
	if len(past) > 0 {
		last := past[len(past)-1]
		uncertain, inRow, failures := 0, 0, 0
		for _, a := range past {
			if a.Outcome == AttemptUncertain {
				uncertain++
			}
			if a.Outcome == AttemptTemporary {
				failures++
			}
			if a.Way == last.Way && a.Outcome == AttemptTemporary {
				inRow++
			} else {
				inRow = 0
			}
		}
		switch {
		case last.Outcome == AttemptUncertain && uncertain > s.DeliveryUncertainRetries:
			return NextAttempt{Why: "it may have arrived: " + strconv.Itoa(uncertain) + " attempts ended without an answer"}
		case last.Outcome != AttemptReturned && last.Outcome != AttemptPermanent && !now.Before(created.Add(time.Duration(s.DeliveryGiveUpHours)*time.Hour)):
			return NextAttempt{Why: "not delivered within " + strconv.Itoa(s.DeliveryGiveUpHours) + " hours"}
		case last.Outcome == AttemptUncertain:
			if slices.Contains(usable, last.Way) {
				next.Way = last.Way
			}
		case last.Outcome == AttemptTemporary && inRow > 0:
			i := slices.Index(usable, last.Way)
			if i >= 0 && inRow%s.DeliverySwitchAfter == 0 {
				i = (i + 1) % len(usable)
			}
			next.Way = usable[max(i, 0)]
		}
		if last.Outcome == AttemptTemporary || last.Outcome == AttemptUncertain {
			next.NotBefore, next.Waits = last.At.Add(backOff(id, failures+uncertain, s)), "to be tried again"
			if next.NotBefore.Before(now) {
				next.NotBefore, next.Waits = now, ""
			}
		}
	}
	if channel == string(order.ChannelFax) && !slices.Contains(s.FaxQuietExcept, kind) {
		if end := s.quietUntil(next.NotBefore); end.After(next.NotBefore) {
			next.NotBefore, next.Waits = end, "quiet hours"
		}
	}
	return next
}

// backOff is the pause after the n-th failure: doubled each time up to the slowest, less up to a
// quarter of it, by the delivery and the failure, so that what failed together is not tried
// together.
func backOff(id int64, n int, s Settings) time.Duration {
	pause, slowest := time.Duration(s.DeliveryRetryFirstSeconds)*time.Second, time.Duration(s.DeliveryRetrySlowestMinutes)*time.Minute
	for ; n > 1 && pause < slowest; n-- {
		pause *= 2
	}
	pause = min(pause, slowest)
	h := fnv.New32a()
	_, _ = h.Write([]byte(strconv.FormatInt(id, 10) + " " + strconv.Itoa(n) + " " + pause.String()))
	const parts = 1024
	return pause - pause/4*time.Duration(h.Sum32()%parts)/parts
}

// quietUntil is when the quiet hours end that t lies in, t itself outside of them. Equal clock
// times are no quiet hours.
func (s Settings) quietUntil(t time.Time) time.Time {
	if s.FaxQuietFrom == s.FaxQuietTo {
		return t
	}
	today := order.DateOf(t)
	for _, day := range []order.Date{today.Add(-1), today} {
		from, to := day.At(s.FaxQuietFrom), day.At(s.FaxQuietTo)
		if !to.After(from) {
			to = day.Add(1).At(s.FaxQuietTo)
		}
		if !t.Before(from) && t.Before(to) {
			return to
		}
	}
	return t
}
