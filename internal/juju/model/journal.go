package model

import (
	"encoding/binary"
	"hash/crc32"
)

// A record of the journal turns one content into the next: it keeps so many
// bytes of the beginning and of the end, and has what comes between. Its header
// is six little-endian numbers of 4 bytes: the checksums of both contents, the
// lengths of beginning and end, the length of what comes between, and the
// checksum of all of the record but itself.
const recordHeader = 6 * 4

// checksum covers what it is given, in the order given.
func checksum(parts ...[]byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	var sum uint32
	for _, part := range parts {
		sum = crc32.Update(sum, table, part)
	}
	return sum
}

func encodeRecord(before, after []byte) []byte {
	prefix, suffix := 0, 0
	for shorter := min(len(before), len(after)); prefix < shorter && before[prefix] == after[prefix]; prefix++ {
	}
	for rest := min(len(before), len(after)) - prefix; suffix < rest && before[len(before)-1-suffix] == after[len(after)-1-suffix]; suffix++ {
	}
	middle := after[prefix : len(after)-suffix]
	record := make([]byte, 0, recordHeader+len(middle))
	for _, n := range []uint32{checksum(before), checksum(after), uint32(prefix), uint32(suffix), uint32(len(middle))} {
		record = binary.LittleEndian.AppendUint32(record, n)
	}
	record = binary.LittleEndian.AppendUint32(record, checksum(record, middle))
	return append(record, middle...)
}

// replay applies a journal to a snapshot. It ends at the first record that is
// not whole, or not one for what it is applied to.
func replay(data, journal []byte) []byte {
	for len(journal) >= recordHeader {
		var h [6]uint32
		for i := range h {
			h[i] = binary.LittleEndian.Uint32(journal[4*i:])
		}
		end := recordHeader + int(h[4])
		if len(journal) < end || h[5] != checksum(journal[:recordHeader-4], journal[recordHeader:end]) {
			return data
		}
		if h[0] != checksum(data) || int(h[2])+int(h[3]) > len(data) {
			return data
		}
		next := make([]byte, 0, int(h[2])+int(h[3])+int(h[4]))
		next = append(next, data[:h[2]]...)
		next = append(next, journal[recordHeader:end]...)
		next = append(next, data[len(data)-int(h[3]):]...)
		if h[1] != checksum(next) {
			return data
		}
		data, journal = next, journal[end:]
	}
	return data
}
