package wire

import (
	"context"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// Iterator reads processes by the kernel's iterator of tasks at the server.
type Iterator struct{ client *Client }

// OpenIterator opens it, for surveys or for scans. An *UnsupportedError says why it cannot be
// used there.
func (c *Client) OpenIterator(ctx context.Context, forSurveys bool) (*Iterator, error) {
	if _, err := ask(ctx, c, methodOpenKernel, forSurveys); err != nil {
		return nil, err
	}
	return &Iterator{c}, nil
}

// Scan reads every process.
func (i *Iterator) Scan(ctx context.Context, detail procfs.Detail) (procfs.Snapshot, error) {
	return ask(ctx, i.client, methodScan, scanned{true, detail})
}

// Family reads some processes and what belongs to them.
func (i *Iterator) Family(ctx context.Context, of procfs.FamilyOf, detail procfs.Detail) (procfs.Snapshot, error) {
	return ask(ctx, i.client, methodFamily, familyRead{true, of, detail})
}

// Survey reads little of every process, and nothing ahead, because the kernel reports all at
// once.
func (i *Iterator) Survey(ctx context.Context, of procfs.SurveyOf) (procfs.Snapshot, error) {
	return ask(ctx, i.client, methodSurvey, surveyed{true, of})
}

// Complete reads more of the selected processes of the last survey. Facts that only the kernel
// has and that the survey has read are kept if they are not read again.
func (i *Iterator) Complete(ctx context.Context, s *procfs.Snapshot, selected procfs.Selection) error {
	done, err := i.client.complete(ctx, true, s, selected)
	if err != nil {
		return err
	}
	for at := range done.processes {
		p := &done.processes[at]
		if was, there := s.Position(p.PID); there && p.Internals.IsZero() && s.Processes[was].Key == p.Key {
			p.Internals = s.Processes[was].Internals
		}
	}
	s.Replace(done.processes, done.missed)
	return nil
}

// Close releases what the server holds in the kernel. A later read loads it again.
func (i *Iterator) Close() error {
	_, err := ask(context.Background(), i.client, methodHold, nothing{})
	return err
}
