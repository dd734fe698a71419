package plugin

// ExitMeaning is an exit status and what it means.
type ExitMeaning struct {
	// Status is the exit status, 0 to 255.
	Status int
	// Meaning is a sentence for people, without a full stop.
	Meaning string
	// Options are options without which a command never ends with this status, none for a
	// status that every command has.
	Options []string
}

// ExitMeanings are all exit statuses, in ascending order. The documentation is generated from
// them.
func ExitMeanings() []ExitMeaning {
	gates := []string{"exit-code", "fail-on"}
	return []ExitMeaning{
		{Status: 0, Meaning: "Every question was answered"},
		{Status: statusUnanswered, Meaning: "Some question could not be answered, or a host did not answer. The rest was answered"},
		{Status: statusFound, Meaning: "Found what the option asks for", Options: gates},
		{Status: statusCannotTell, Meaning: "Found nothing, but something relevant, or everything, could not be read", Options: gates},
		{Status: statusWrongUse, Meaning: "Usage error, such as an unknown option or an invalid option value"},
		{Status: StatusInterrupted, Meaning: "Interrupted"},
	}
}
