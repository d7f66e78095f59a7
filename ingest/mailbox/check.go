package mailbox

import "context"

// Report is how an account stands.
type Report struct {
	Mails uint32 // in the folder
	Idle  bool   // the server tells of new mails by itself
	After After  // what can be done with mails that were stored, as far as the server says
}

// Check logs in and opens the folder. It takes and changes nothing.
func (c *Collector) Check(ctx context.Context) (Report, error) {
	s, err := c.connect(ctx)
	if err != nil {
		return Report{}, err
	}
	defer s.close()
	sel, err := s.selectFolder()
	if err != nil {
		return Report{}, s.explain(err)
	}
	s.settleWay()
	r := Report{Mails: sel.NumMessages, Idle: s.idles()}
	switch s.way {
	case byMove, byCopy:
		r.After = Move
	case byFlag:
		r.After = Flag
	default:
		r.After = Leave
	}
	return r, nil
}
