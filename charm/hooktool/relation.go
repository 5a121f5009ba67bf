package hooktool

import "context"

// RelationIDs returns the relations of an endpoint, each as "endpoint:number".
// Relations that are being broken are left out.
func (c *Client) RelationIDs(ctx context.Context, endpoint string) ([]string, error) {
	return get[[]string](ctx, c, "relation-ids", endpoint)
}

// RelationUnits returns the remote units that the charm has been told of.
func (c *Client) RelationUnits(ctx context.Context, id string) ([]string, error) {
	return get[[]string](ctx, c, "relation-list", "-r", id)
}

// RelationApp returns the remote application; for peers, the own one.
func (c *Client) RelationApp(ctx context.Context, id string) (string, error) {
	return get[string](ctx, c, "relation-list", "-r", id, "--app")
}

// RelationModel returns the UUID of the model that the relation's other side is
// in. Juju has it from 3.6 on.
func (c *Client) RelationModel(ctx context.Context, id string) (string, error) {
	type answer struct {
		UUID string `json:"uuid"`
	}
	a, err := get[answer](ctx, c, "relation-model-get", "-r", id)
	return a.UUID, err
}

// Databag names one databag of a relation.
type Databag struct {
	// Relation is the relation's id, "endpoint:number".
	Relation string
	// Owner is a unit's name, or an application's.
	Owner string
}

func (d Databag) args() []string {
	args := []string{"--format=json", "-r", d.Relation}
	if d.isApp() {
		args = append(args, "--app")
	}
	return append(args, "-", d.Owner)
}

func (d Databag) isApp() bool {
	for _, r := range d.Owner {
		if r == '/' {
			return false
		}
	}
	return true
}

// RelationGet returns the content of a databag.
func (c *Client) RelationGet(ctx context.Context, bag Databag) (map[string]string, error) {
	bags, err := c.RelationGetAll(ctx, []Databag{bag})
	if err != nil {
		return nil, err
	}
	return bags[0], nil
}

// RelationGetAll returns the contents of several databags, asked for together
// where the transport can.
func (c *Client) RelationGetAll(ctx context.Context, bags []Databag) ([]map[string]string, error) {
	const tool = "relation-get"
	calls := make([]Call, len(bags))
	for i, bag := range bags {
		calls[i] = Call{Tool: tool, Args: bag.args()}
	}
	results, err := runAll(ctx, c.transport, calls)
	if err != nil {
		return nil, err
	}
	contents := make([]map[string]string, len(bags))
	for i, result := range results {
		if err := check(tool, result); err != nil {
			return nil, err
		}
		if err := decode(tool, result.Stdout, &contents[i]); err != nil {
			return nil, err
		}
	}
	return contents, nil
}

// RelationSet writes keys of the unit's own databag, or of its application's;
// an empty value deletes the key. It is recorded, and sent if the hook
// succeeds. The values travel on standard input.
func (c *Client) RelationSet(ctx context.Context, bag Databag, values map[string]string) error {
	args := []string{"-r", bag.Relation, "--file", "-"}
	if bag.isApp() {
		args = append(args, "--app")
	}
	_, err := c.run(ctx, Call{Tool: "relation-set", Args: args, Stdin: payload(values)})
	return err
}
