package inspect

import (
	"strings"
	"time"

	"github.com/docker/go-units"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
)

// Count writes a number with commas: 2,999.
func Count(n int) string { return message.NewPrinter(language.English).Sprintf("%d", n) }

// Counted writes a number with its noun: "1 zombie", "2,999 zombies", "2 processes".
func Counted(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "s"):
		return Count(n) + " " + noun + "es"
	default:
		return Count(n) + " " + noun + "s"
	}
}

// Times is "once", or "3 times".
func Times(n int) string {
	if n == 1 {
		return "once"
	}
	return Counted(n, "time")
}

// Ago is the time between two moments in words: "4 minutes ago".
func Ago(now, then time.Time) string {
	return strings.ToLower(units.HumanDuration(max(now.Sub(then), 0))) + " ago"
}
