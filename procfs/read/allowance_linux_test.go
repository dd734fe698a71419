package read

import (
	"errors"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// hanging is a file on a file system that does not answer before it is released.
type hanging struct{ let chan struct{} }

func (h hanging) ReadAt([]byte, int64) (int, error) {
	<-h.let
	return 0, io.EOF
}

// A file that hangs is abandoned when the container's time is over, and no more files are read
// there.
func TestAsideLeavesBehind(t *testing.T) {
	file := hanging{make(chan struct{})}
	spend := newAllowance()
	spend.time = 30 * time.Millisecond
	ended := make(chan error, 1)
	began := time.Now()
	_, err := aside(spend, func() (procfs.Program, error) {
		p, err := parseProgram(file, marksOf([]string{"bash"}), newAllowance())
		ended <- err
		return p, err
	})
	if absenceOf(err) != procfs.TimedOut || time.Since(began) > 10*time.Second {
		t.Errorf("got %v after %s", err, time.Since(began))
	}
	if _, err := aside(spend, func() (int, error) { t.Error("something more is done"); return 1, nil }); !errors.Is(err, errTimedOut) {
		t.Errorf("got %v", err)
	}
	if n, err := aside(newAllowance(), func() (int, error) { return 1, nil }); n != 1 || err != nil {
		t.Errorf("another container: got %d, %v", n, err)
	}
	close(file.let)
	if err := <-ended; absenceOf(err) == "" {
		t.Error("an empty file is a program")
	}
}

// A read that continues after its time reads no further files.
func TestAllowanceOfTime(t *testing.T) {
	spend := newAllowance()
	spend.spendTime(mostTime)
	if _, err := parseProgram(elfWith(".dynstr", "bash", 4), marksOf([]string{"bash"}), spend); absenceOf(err) != procfs.TimedOut {
		t.Errorf("got %v", err)
	}
}

// Many files that hang do not need more and more threads.
func TestAsideIsBounded(t *testing.T) {
	for range mostLeftBehind {
		leftBehind <- struct{}{}
	}
	defer func() {
		for range mostLeftBehind {
			<-leftBehind
		}
	}()
	if _, err := aside(newAllowance(), func() (int, error) { t.Error("one more hangs"); return 1, nil }); absenceOf(err) != procfs.TimedOut {
		t.Errorf("got %v", err)
	}
}

// All files of a container together have one limit.
func TestAllowanceOfBytes(t *testing.T) {
	spend := newAllowance()
	spend.bytes = 4 * pieceSize
	file := elfWith(".dynstr", strings.Repeat("x", pieceSize), pieceSize)
	read := 0
	for ; read < 10; read++ {
		if _, err := parseProgram(file, marksOf([]string{"bash"}), spend); err != nil {
			if absenceOf(err) != procfs.TooLarge {
				t.Errorf("got %v", err)
			}
			break
		}
	}
	if read != 3 {
		t.Errorf("%d files of %d bytes were read", read, pieceSize)
	}
}

func TestAllowanceOfThreadsAndDescriptors(t *testing.T) {
	spend := newAllowance()
	if n := spend.takeThreads(mostThreads - 1); n != mostThreads-1 {
		t.Errorf("got %d", n)
	}
	if n := spend.takeThreads(5); n != 1 {
		t.Errorf("got %d of the last", n)
	}
	if n := spend.takeDescriptors(mostDescriptors + 1); n != mostDescriptors || spend.descriptorsLeft() != 0 {
		t.Errorf("got %d", n)
	}
}

// A container whose files hang leaves few reads behind, however often it is looked at, and its
// files are read again once they answer.
func TestHangingReadsOfAContainer(t *testing.T) {
	answers := make(chan struct{})
	var begun atomic.Int32
	ended := make(chan struct{}, mostHanging)
	look := func(container string) error {
		spend := newAllowanceOf(container)
		spend.spendTime(mostTime - time.Millisecond)
		_, err := aside(spend, func() (int, error) {
			begun.Add(1)
			<-answers
			ended <- struct{}{}
			return 1, nil
		})
		return err
	}
	for range 3 * mostHanging {
		if err := look("a"); !errors.Is(err, errTimedOut) {
			t.Fatalf("got %v", err)
		}
	}
	if n := leftHanging.of("a"); n != mostHanging {
		t.Errorf("%d reads hang, want %d", n, mostHanging)
	}
	if n, err := aside(newAllowanceOf("b"), func() (int, error) { return 1, nil }); n != 1 || err != nil {
		t.Errorf("another container: %d, %v", n, err)
	}
	close(answers)
	for range mostHanging {
		<-ended
	}
	for leftHanging.of("a") > 0 {
		time.Sleep(time.Millisecond)
	}
	if n := begun.Load(); n != mostHanging {
		t.Errorf("%d reads were begun, want %d", n, mostHanging)
	}
	if n, err := aside(newAllowanceOf("a"), func() (int, error) { return 1, nil }); n != 1 || err != nil || len(leftHanging.count) != 0 {
		t.Errorf("afterwards: %d, %v, %v", n, err, leftHanging.count)
	}
}
