package robustness

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"herbarium/internal/attack"
	"herbarium/internal/schema"
	"herbarium/internal/stats"
)

// format/ITEMS.md lists every field of a report with its type, in this order.
func TestItemsPageHasAllFieldsOfTheReport(t *testing.T) {
	documented, err := schema.ReadFields("../../format/ITEMS.md", "adversary")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(schema.Fields(reflect.TypeFor[Result](), reflect.TypeFor[stats.Share](), reflect.TypeFor[stats.Distribution](), reflect.TypeFor[attack.Passes]()), documented); diff != "" {
		t.Errorf("fields in the code (-) and in ITEMS.md (+):\n%s", diff)
	}
}
