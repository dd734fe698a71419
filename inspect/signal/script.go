package signal

import (
	"slices"
	"strings"

	"github.com/docker-pidns/docker-pidns/inspect/pattern"
	"github.com/docker-pidns/docker-pidns/procfs"
)

// This file says what the text of a shell's script shows. It is searched for words and not
// parsed, so nothing here is certain.

// traps finds "trap ACTION SIGNAL..." on one line.
var traps = pattern.Lazy(`\btrap[ \t]+(?:--[ \t]+)?('[^']*'|"[^"]*"|\S+)((?:[ \t]+[A-Za-z0-9+]+)+)`)

// trapAction is what the script's last trap for signal n does. If the signal is caught, a trap
// that ignores it or resets it does not count. Such traps belong to subshells.
func trapAction(script string, n int) (action string, found bool) {
	for _, match := range traps().FindAllStringSubmatch(script, -1) {
		for name := range strings.FieldsSeq(match[2]) {
			does := strings.Trim(match[1], `'"`)
			if got, err := procfs.ParseSignal(name); err == nil && got == n && does != "" && does != "-" {
				action, found = does, true
			}
		}
	}
	return action, found
}

// commandWait is the command that waits for background children, and commandFG the command
// that brings a job to the foreground.
var (
	commandWait = pattern.Lazy(`\bwait\b`)
	commandFG   = pattern.Lazy(`\bfg\b`)
)

// callsWait reports whether the action, or a function that it calls, waits for children.
func callsWait(script, action string) bool {
	return slices.ContainsFunc(withFunctions(script, action), commandWait().MatchString)
}

// endings are words by which an action can make the shell exit, or a process for which it
// waits. A variable can end its loop.
var endings = pattern.Lazy(`\b(exit|exec|kill|return|break|pkill|killall)\b|\b\w+=`)

// endsBy reports whether the action makes the shell exit, or is a command that may do so.
func endsBy(script, action string) bool {
	bodies := withFunctions(script, action)
	if slices.ContainsFunc(bodies, endings().MatchString) {
		return true
	}
	return len(bodies) == 1 && !strings.ContainsAny(strings.TrimSpace(action), " \t;") && !slices.Contains(idle, strings.TrimSpace(action))
}

// idle are the commands that do nothing.
var idle = []string{":", "true"}

var looping = pattern.Lazy(`\b(while|until|for)\b`)

// loops reports whether the script never comes to its end. It has a loop, and no command wait
// after it.
func loops(script string) bool {
	list := commandWait().FindAllStringIndex(script, -1)
	if len(list) > 0 && !strings.Contains(script[list[len(list)-1][1]:], "done") {
		return false
	}
	return looping().MatchString(script)
}

// goesOnAfterWait reports whether a trap interrupts the command wait, and commands that take
// time follow the last wait.
func goesOnAfterWait(script string) bool {
	list := commandWait().FindAllStringIndex(script, -1)
	if len(list) == 0 {
		return false
	}
	_, rest, _ := strings.Cut(strings.ReplaceAll(script[list[len(list)-1][1]:], ";", "\n"), "\n")
	return slices.ContainsFunc(strings.Split(rest, "\n"), func(command string) bool {
		command = strings.TrimSpace(command)
		return command != "" && !quick().MatchString(command)
	})
}

// quick are commands that take no time.
var quick = pattern.Lazy(`^(?:(?:echo|printf|exit|true|trap|done|fi|rm)\b|[:}])`)
