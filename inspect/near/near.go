// Package near finds the known word that is nearest to a mistyped one.
package near

import "strings"

// longestTyped is how long a word may be for which a nearest one is looked for, in bytes:
// longer than any name of a command, an option or a rule, and than most of containers.
const longestTyped = 64

// Word is the candidate that differs least from the word that was typed, "" where none
// is so near that it can be meant: one letter in three may be wrong, missing, too many, or
// have changed its place with its neighbour. Of equally near ones it is the first by name.
func Word(typed string, candidates []string) string {
	if typed == "" || len(typed) > longestTyped {
		return ""
	}
	word := strings.ToLower(typed)
	best, least := "", max(len(word)/3, 1)+1
	for _, candidate := range candidates {
		if candidate == "" || candidate == typed || len(candidate) > 2*longestTyped {
			continue
		}
		d := editDistance(word, strings.ToLower(candidate), least)
		if d < least || d == least && best != "" && candidate < best {
			best, least = candidate, d
		}
	}
	return best
}

// editDistance is in how many steps one word becomes the other, up to most: a byte is put
// in, left out or replaced, or two neighbours change places. Most where it takes more.
func editDistance(a, b string, most int) int {
	if len(a)-len(b) > most || len(b)-len(a) > most {
		return most + 1
	}
	var above, row, next []int
	row = make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next = make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			d := row[j]
			if a[i] != b[j] {
				d++
			}
			d = min(d, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				d = min(d, above[j-1]+1)
			}
			next[j+1] = d
		}
		above, row = row, next
	}
	return row[len(b)]
}
