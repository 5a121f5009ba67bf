package model

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"time"
)

// xidEncoding is the alphabet of secret ids: 0-9 and a-v.
var xidEncoding = base32.HexEncoding.WithPadding(base32.NoPadding)

// newXID makes the id of a secret as Juju does: 20 characters that encode 12
// bytes, the first four of which are the time in seconds.
func newXID() string {
	var b [12]byte
	binary.BigEndian.PutUint32(b[:], uint32(time.Now().Unix()))
	randomBytes(b[4:])
	return strings.ToLower(xidEncoding.EncodeToString(b[:]))
}

// newUUID makes a random uuid (version 4).
func newUUID() string {
	var b [16]byte
	randomBytes(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

func randomBytes(b []byte) {
	rand.Read(b) // never fails: it ends the program instead
}
