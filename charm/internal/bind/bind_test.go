package bind_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/charmkit/charmkit/charm/internal/bind"
)

type everything struct {
	Text     string        `charm:"text"`
	On       bool          `charm:"on"`
	Count    int           `charm:"count"`
	Small    int8          `charm:"small"`
	Size     uint16        `charm:"size"`
	Ratio    float64       `charm:"ratio"`
	Wait     time.Duration `charm:"wait"`
	Address  netip.Addr    `charm:"address"`
	Maybe    *int          `charm:"maybe"`
	Wanted   []string      `charm:"wanted,json"`
	Needed   string        `charm:"needed,required"`
	Untagged string
}

func raw(pairs map[string]string) map[string]json.RawMessage {
	values := map[string]json.RawMessage{}
	for key, value := range pairs {
		values[key] = json.RawMessage(value)
	}
	return values
}

func TestFromJSON(t *testing.T) {
	t.Parallel()
	var got everything
	problems := bind.FromJSON(raw(map[string]string{
		"text": `"x"`, "on": `true`, "count": `1e+06`, "small": `-7`, "size": `"80"`, "ratio": `1`, "wait": `1.5`,
		"address": `"10.1.0.9"`, "maybe": `3`, "wanted": `["a"]`, "needed": `"n"`, "unknown": `{}`,
	}), &got)
	require.Empty(t, problems)
	three := 3
	require.Equal(t, everything{
		Text: "x", On: true, Count: 1000000, Small: -7, Size: 80, Ratio: 1, Wait: 1500 * time.Millisecond,
		Address: netip.MustParseAddr("10.1.0.9"), Maybe: &three, Wanted: []string{"a"}, Needed: "n",
	}, got)
}

func TestEveryProblemIsReported(t *testing.T) {
	t.Parallel()
	var got everything
	require.Equal(t, []bind.Problem{
		{Key: "text", Reason: "is not a string"},
		{Key: "on", Reason: "is not true or false"},
		{Key: "count", Reason: "is not a whole number"},
		{Key: "small", Reason: "is too large"},
		{Key: "size", Reason: "is out of range"},
		{Key: "ratio", Reason: "is not a number"},
		{Key: "wait", Reason: "is too large"},
		{Key: "maybe", Reason: "is too large"},
		{Key: "needed", Reason: "is missing"},
	}, bind.FromJSON(raw(map[string]string{
		"text": `1`, "on": `"maybe"`, "count": `1.5`, "small": `300`, "size": `-1`, "ratio": `[]`, "wait": `1e300`,
		"maybe": `1e+20`, "needed": `null`,
	}), &got))
}

func TestNumbersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"NaN", "Inf", "-inf", "1e999", "0x"} {
		var got everything
		require.Equal(t, []bind.Problem{
			{Key: "count", Reason: "is not a number"}, {Key: "ratio", Reason: "is not a number"}, {Key: "wait", Reason: "is not a number"},
		}, bind.FromStrings(map[string]string{"count": text, "ratio": text, "wait": text, "needed": "n"}, &got), text)
	}
}

func TestSecondsAreRounded(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{"0.57": 570 * time.Millisecond, "-0.29": -290 * time.Millisecond, "1.1": 1100 * time.Millisecond} {
		var got everything
		require.Empty(t, bind.FromStrings(map[string]string{"wait": text, "needed": "n"}, &got))
		require.Equal(t, want, got.Wait)
	}
}

func TestStringsThereAndBack(t *testing.T) {
	t.Parallel()
	seven := 7
	in := everything{
		Text: "a=b\n", On: true, Count: -3, Small: 1, Size: 9, Ratio: 0.25, Wait: 2500 * time.Millisecond,
		Address: netip.MustParseAddr("::1"), Maybe: &seven, Wanted: []string{"x", "y"}, Needed: "n",
	}
	values, err := bind.ToStrings(in)
	require.NoError(t, err)
	require.Equal(t, `["x","y"]`, values["wanted"])
	var out everything
	require.Empty(t, bind.FromStrings(values, &out))
	require.Equal(t, in, out)

	values, err = bind.ToStrings(&everything{})
	require.NoError(t, err)
	for _, key := range []string{"text", "maybe", "wanted"} {
		require.Empty(t, values[key], key)
	}
	require.Equal(t, []bind.Problem{
		{Key: "wanted", Reason: "is not valid JSON for its type"},
		{Key: "needed", Reason: "is missing"},
	}, bind.FromStrings(map[string]string{"wanted": "x", "needed": ""}, &out))
}

func TestKeys(t *testing.T) {
	t.Parallel()
	type outer struct {
		everything
		More string `charm:"more"`
	}
	keys := bind.Keys[outer]()
	require.Equal(t, "text", keys[0])
	require.Equal(t, "more", keys[len(keys)-1])
	require.Panics(t, func() { bind.Keys[string]() })
}

func FuzzFromJSON(f *testing.F) {
	f.Add([]byte(`{"text": "x", "count": 1e6, "wait": 3, "address": "::1", "wanted": ["a"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var values map[string]json.RawMessage
		if json.Unmarshal(data, &values) != nil {
			return
		}
		var v everything
		bind.FromJSON(values, &v)
	})
}

// FuzzFromStrings holds what could be decoded to what comes back when it is
// encoded and decoded again.
func FuzzFromStrings(f *testing.F) {
	f.Add("x", "true", "-3", "9", "0.25", "2.5", "::1", "7", `["a"]`)
	f.Add("", "1", "1e3", "65535", "NaN", "1e300", "10.0.0.1%eth0", "", "[]")
	f.Add("\x00", "T", "9223372036854775807", "-1", "Inf", "0.0000000001", "", "+7", "null")
	f.Fuzz(func(t *testing.T, text, on, count, size, ratio, wait, address, maybe, wanted string) {
		var v everything
		problems := bind.FromStrings(map[string]string{
			"text": text, "on": on, "count": count, "size": size, "ratio": ratio, "wait": wait, "address": address,
			"maybe": maybe, "wanted": wanted, "needed": "n",
		}, &v)
		for _, p := range problems {
			require.NotEmpty(t, p.Key)
			require.NotEmpty(t, p.Reason)
		}
		// Beyond, a float holds no nanoseconds.
		if len(problems) > 0 || v.Wait.Abs() > 1e6*time.Second {
			return
		}
		values, err := bind.ToStrings(v)
		require.NoError(t, err)
		var again everything
		require.Empty(t, bind.FromStrings(values, &again))
		encoded, err := bind.ToStrings(again)
		require.NoError(t, err)
		require.Equal(t, values, encoded)
	})
}
