package read

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/docker-pidns/docker-pidns/procfs"
)

// narrowProgram is a 32-bit executable that only pauses.
func narrowProgram(t *testing.T) string {
	t.Helper()
	const base, headers = 0x8048000, 52 + 32
	code := []byte{0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7} // mov eax, pause; int 0x80; jmp back
	size := uint32(headers + len(code))
	var file bytes.Buffer
	for _, part := range []any{
		elf.Header32{
			Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS32), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
			Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_386), Version: uint32(elf.EV_CURRENT),
			Entry: base + headers, Phoff: 52, Ehsize: 52, Phentsize: 32, Phnum: 1,
		},
		elf.Prog32{Type: uint32(elf.PT_LOAD), Vaddr: base, Paddr: base, Filesz: size, Memsz: size, Flags: uint32(elf.PF_R | elf.PF_X), Align: 4096},
		code,
	} {
		if err := binary.Write(&file, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "narrow")
	if err := os.WriteFile(path, file.Bytes(), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// The system calls of a 32-bit program have other numbers.
func TestAttentionOfANarrowProgram(t *testing.T) {
	proc, err := Open("/proc")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(narrowProgram(t))
	if err := cmd.Start(); errors.Is(err, syscall.ENOEXEC) {
		return // this kernel does not run such programs
	} else if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	for until := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		a, err := proc.Attention("", cmd.Process.Pid, proc.Programs(nil))
		if err != nil || len(a.Threads) != 1 {
			t.Fatalf("got %+v, %v", a, err)
		}
		if a.Threads[0].Syscall.Or(procfs.Syscall{}).Name == "pause" {
			if a.Threads[0].Awaited.Absence() != procfs.NotHeld || a.Threads[0].TimeoutNS.Absence() != procfs.NotHeld || a.Program.Or(procfs.Program{}).Bits != 32 {
				t.Errorf("got %+v", a)
			}
			return
		}
		if time.Now().After(until) {
			t.Fatalf("it does not pause: %+v", a)
		}
	}
}
