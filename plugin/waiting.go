package plugin

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/docker-pidns/docker-pidns/plugin/render"
)

// signAfter is the time after which a line says what is waited for. A second look at zombies
// comes after one second unless --settle says otherwise, and is over a moment later.
const signAfter = 1200 * time.Millisecond

// eraseLine goes to the beginning of the line and erases it (ECMA-48, EL).
const eraseLine = "\r\x1b[K"

// signOfLife writes on standard error what is waited for, after signAfter and then every
// second. It does so only on a terminal that can erase a line. The function that it returns
// erases the line, and returns when that is done.
func (app *App) signOfLife(ctx context.Context, line func(waited time.Duration) render.Safe) (end func()) {
	out := app.CLI.Err()
	if term := os.Getenv("TERM"); !out.IsTerminal() || term == "" || term == "dumb" {
		return func() {}
	}
	_, columns := out.GetTtySize()
	return showWhileWaiting(ctx, out, int(columns), signAfter, line)
}

// showWhileWaiting shows the line on a terminal with so many columns, 0 if unknown, after a
// time and until it is ended. A line that does not fit is not shown, because only one line can
// be erased.
func showWhileWaiting(ctx context.Context, out io.Writer, columns int, after time.Duration, line func(waited time.Duration) render.Safe) (end func()) {
	done, ended, began := make(chan struct{}), make(chan struct{}), time.Now()
	go func() {
		defer close(ended)
		shown := false
		timer := time.NewTimer(after)
		defer timer.Stop()
		for {
			select {
			case <-timer.C:
				if text := line(time.Since(began)); columns == 0 || len(text) < columns {
					_, _ = fmt.Fprint(out, eraseLine, text)
					shown = true
				}
				timer.Reset(time.Second)
				continue
			case <-ctx.Done(): // the reader may be abandoned
			case <-done:
			}
			if shown {
				_, _ = io.WriteString(out, eraseLine)
			}
			return
		}
	}()
	return func() {
		close(done)
		<-ended
	}
}

// whatIsRead is the line for one look at a host.
func whatIsRead(from string, settle time.Duration) func(time.Duration) render.Safe {
	what := render.Safe("waiting for the engine and /proc")
	switch {
	case from != "":
		what = render.Say("reading %s", from)
	case settle > 0:
		what = render.Say("waiting for the engine, /proc and a second look at zombies (--settle %s)", settle)
	}
	return func(waited time.Duration) render.Safe {
		return render.Say("%s: %s", what, waited.Truncate(time.Second))
	}
}

// whatIsWatched is the line for the time between two looks.
func whatIsWatched(all time.Duration) func(time.Duration) render.Safe {
	return func(waited time.Duration) render.Safe {
		return render.Say("watching for %s: %s left", all, max(all-waited, 0).Round(time.Second))
	}
}
