package read

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What a process has put in the place of a file neither holds up its reader nor
// leads it elsewhere.
func TestOpenInside(t *testing.T) {
	dir := t.TempDir()
	file, fifo, link := filepath.Join(dir, "file"), filepath.Join(dir, "libx.so.1 (deleted)"), filepath.Join(dir, "link")
	for _, err := range []error{os.WriteFile(file, []byte("text"), 0o600), syscall.Mkfifo(fifo, 0o600), os.Symlink("file", link)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	d, err := realProc(t).openProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	defer d.close()
	for _, path := range []string{file, link} {
		opened, err := d.openInside(path)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(opened); err != nil || string(text) != "text" {
			t.Errorf("%s: got %q, %v", path, text, err)
		}
		_ = opened.Close()
	}
	for _, path := range []string{fifo, dir, "/dev/zero"} {
		result := make(chan error, 1)
		go func() {
			_, err := d.openInside(path)
			result <- err
		}()
		select {
		case err := <-result:
			if !errors.Is(err, errNoFile) {
				t.Errorf("%s: got %v", path, err)
			}
		case <-time.After(10 * time.Second):
			t.Fatalf("%s holds up its reader", path)
		}
	}
}
