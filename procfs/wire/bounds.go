package wire

import "time"

// The limits of the protocol. A peer that exceeds one is refused with a [ProtocolError].
const (
	// mostFrame is the length of a frame without its head, in bytes. Long messages are several
	// frames, so that short ones need not wait for them.
	mostFrame = 64 << 10
	// mostAnswer is the maximum length of all answers that are under way, and the maximum
	// memory of one decoded answer, in bytes. 5,000 processes need about 300 KB of the first
	// and 5 MB of the second.
	mostAnswer = 128 << 20
	// mostRecorded is the maximum memory of a decoded recording, in bytes.
	mostRecorded = 64 << 20
	// mostCall is the same for calls. The longest has a few bytes for each process.
	mostCall = 64 << 20
	// mostCalls is how many calls may be under way at once.
	mostCalls = 64
	// mostErrorText is how much of the text of an error is sent, in bytes.
	mostErrorText = 4 << 10
	// mostNonce is the length of a nonce in bytes.
	mostNonce = 128
	// greetingTime is how long a server waits for the first message.
	greetingTime = 30 * time.Second
)
