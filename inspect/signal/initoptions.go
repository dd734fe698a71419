package signal

import (
	"slices"
	"strconv"
	"strings"
)

// takesValue has the letters of an init's options that are followed by a value (tini(1),
// dumb-init(1)).
var takesValue = map[string]string{tini: "pe", dumbInit: "r"}

// initOption is one option of an init, with its value if it has one: "-g", or "--rewrite" and
// "15:3".
type initOption struct{ name, value string }

// initOptions are the init's own options: its arguments up to "--", or to the program
// that it starts.
func (s *subject) initOptions() []initOption {
	var options []initOption
	args := s.process.Args.Or(nil)
	for i := 1; i < len(args); i++ {
		word := args[i]
		if len(word) < 2 || word[0] != '-' || word == "--" {
			break
		}
		next := func() string {
			if i++; i < len(args) {
				return args[i]
			}
			return ""
		}
		if long, isLong := strings.CutPrefix(word, "--"); isLong {
			name, value, joined := strings.Cut(long, "=")
			if name == rewrite && !joined {
				value = next()
			}
			options = append(options, initOption{"--" + name, value})
			continue
		}
		options = append(options, lettersOf(word[1:], takesValue[s.program.name], next)...)
	}
	return options
}

const rewrite = "rewrite"

// lettersOf are the options of one word. The last option may have a value, in the word
// ("-vr15:3") or in the next word.
func lettersOf(letters, valued string, next func() string) []initOption {
	var options []initOption
	for at, letter := range letters {
		option := initOption{name: "-" + string(letter)}
		if strings.ContainsRune(valued, letter) {
			if option.value = letters[at+1:]; option.value == "" {
				option.value = next()
			}
			return append(options, option)
		}
		options = append(options, option)
	}
	return options
}

// hasOption reports whether the init was given one of the options.
func (s *subject) hasOption(names ...string) bool {
	return slices.ContainsFunc(s.initOptions(), func(o initOption) bool { return slices.Contains(names, o.name) })
}

// signalsGroup reports whether the process is an init that signals the whole process group of
// its child, as tini -g and dumb-init do.
func (s *subject) signalsGroup() bool {
	switch {
	case s.program.kind != kindInit:
		return false
	case s.program.name == dumbInit:
		return !s.hasOption("-c", "--single-child")
	default:
		return s.hasOption("-g")
	}
}

// rewritten is the signal that the child is sent instead of signal n, 0 for none. dumb-init
// takes --rewrite n:m, and the last one counts.
func (s *subject) rewritten(n int) int {
	passed := n
	if s.program.name != dumbInit {
		return n
	}
	for _, option := range s.initOptions() {
		from, to, ok := strings.Cut(option.value, ":")
		if option.name != "-r" && option.name != "--"+rewrite || !ok || from != strconv.Itoa(n) {
			continue
		}
		if m, err := strconv.Atoi(to); err == nil {
			passed = m
		}
	}
	return passed
}
