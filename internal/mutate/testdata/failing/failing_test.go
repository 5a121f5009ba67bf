package failing

import "testing"

func TestAlwaysFails(t *testing.T) {
	t.Fatal("nobody is there to say " + Greet(""))
}
