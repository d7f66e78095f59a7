package mailbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/emersion/go-imap/v2"
)

// way is how mails are put away.
type way int

const (
	byMove way = iota
	byCopy
	byFlag
	notAtAll
)

// Flags of mails that stay, where the server keeps keywords.
const (
	keptFlag   imap.Flag = "$TodokeKept"
	failedFlag imap.Flag = "$TodokeFailed"
)

func firstWay(a Account) way {
	switch a.After {
	case Flag:
		return byFlag
	case Leave:
		return notAtAll
	default:
		return byMove
	}
}

// settle puts mails away that were stored, or refused. What the server does not allow is done in
// the next way, down to not at all: the cursor knows them.
func (s *session) settle(uids []imap.UID, failed bool) error {
	if len(uids) == 0 {
		return nil
	}
	set := imap.UIDSetNum(uids...)
	for {
		var err error
		switch s.way {
		case byMove, byCopy:
			err = s.toFolder(set, failed)
		case byFlag:
			err = s.flag(set, failed)
		default:
			return nil
		}
		if !refusal(err) {
			return err
		}
		next := byFlag
		if s.way == byFlag {
			next = notAtAll
		}
		s.log.Warn("the server does not let mails be put away so", "way", s.way.String(), "instead", next.String(), "error", serverText(err))
		s.way = next
	}
}

func (w way) String() string {
	return [...]string{"move", "copy and delete", "flag", "leave"}[w]
}

// settleWay is the way for the capabilities of the server.
func (s *session) settleWay() {
	caps := s.client.Caps()
	if s.way == byMove && !caps.Has(imap.CapMove) {
		s.way = byFlag
		if s.c.Account.CopyDelete {
			s.way = byCopy
		}
	}
}

// toFolder moves mails to the folder configured, which is made where it is missing. Some servers
// have every folder under INBOX.
func (s *session) toFolder(set imap.UIDSet, failed bool) error {
	name := s.c.Account.Processed
	if failed {
		name = s.c.Account.Failed
	}
	if known, ok := s.folders[name]; ok {
		return s.put(set, known)
	}
	candidates, err := s.candidates(name)
	if err != nil {
		return err
	}
	for _, folder := range candidates {
		err = s.put(set, folder)
		if refusal(err) {
			if createErr := s.create(folder); createErr != nil && !refusal(createErr) {
				return createErr
			}
			err = s.put(set, folder)
		}
		if err == nil {
			s.folders[name] = folder
		}
		if !refusal(err) {
			return err
		}
	}
	return err
}

// candidates are the names a folder may have on the server, with its own sign between levels.
func (s *session) candidates(name string) ([]string, error) {
	w := s.watch()
	defer w.pause()
	list, err := s.client.List("", "", nil).Collect()
	if err != nil {
		return nil, fmt.Errorf("ask how folders are named: %w", err)
	}
	if len(list) == 0 || list[0].Delim == 0 {
		return []string{name}, nil
	}
	d := string(list[0].Delim)
	name = strings.ReplaceAll(name, "/", d)
	if strings.HasPrefix(strings.ToUpper(name), "INBOX"+d) {
		return []string{name}, nil
	}
	return []string{name, "INBOX" + d + name}, nil
}

func (s *session) create(folder string) error {
	w := s.watch()
	defer w.pause()
	if err := s.client.Create(folder, nil).Wait(); err != nil {
		return fmt.Errorf("make folder %s: %w", folder, err)
	}
	if err := s.client.Subscribe(folder).Wait(); err != nil && !refusal(err) {
		return fmt.Errorf("subscribe folder %s: %w", folder, err)
	}
	s.log.Info("folder made", "folder", folder)
	return nil
}

func (s *session) put(set imap.UIDSet, folder string) error {
	w := s.watch()
	defer w.pause()
	if s.way == byMove {
		if _, err := s.client.Move(set, folder).Wait(); err != nil {
			return fmt.Errorf("move to %s: %w", folder, err)
		}
		return nil
	}
	if _, err := s.client.Copy(set, folder).Wait(); err != nil {
		return fmt.Errorf("copy to %s: %w", folder, err)
	}
	if err := s.client.Store(set, add(imap.FlagDeleted), nil).Close(); err != nil {
		return fmt.Errorf("delete what was copied: %w", err)
	}
	// Without UIDPLUS, EXPUNGE would also take what others have marked: they stay marked.
	if s.client.Caps().Has(imap.CapUIDPlus) {
		if err := s.client.UIDExpunge(set).Close(); err != nil {
			return fmt.Errorf("delete what was copied: %w", err)
		}
	}
	return nil
}

func add(flags ...imap.Flag) *imap.StoreFlags {
	return &imap.StoreFlags{Op: imap.StoreFlagsAdd, Silent: true, Flags: flags}
}

// flag marks mails that stay: with a keyword where the server keeps such, so that what a person
// has read or not read is left alone.
func (s *session) flag(set imap.UIDSet, failed bool) error {
	flags := []imap.Flag{s.doneFlag()}
	if failed {
		flags = append(flags, imap.FlagFlagged)
		if s.doneFlag() == keptFlag {
			flags[0] = failedFlag
		}
	}
	w := s.watch()
	defer w.pause()
	if err := s.client.Store(set, add(flags...), nil).Close(); err != nil {
		return fmt.Errorf("flag: %w", err)
	}
	return nil
}

// doneFlag marks what was stored.
func (s *session) doneFlag() imap.Flag {
	if mailbox := s.client.Mailbox(); mailbox != nil {
		if slices.Contains(mailbox.PermanentFlags, imap.FlagWildcard) || slices.Contains(mailbox.PermanentFlags, keptFlag) {
			return keptFlag
		}
	}
	return imap.FlagSeen
}
