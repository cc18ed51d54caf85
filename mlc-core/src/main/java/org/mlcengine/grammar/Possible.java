package org.mlcengine.grammar;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.grammar.Schema.Items;
import org.mlcengine.grammar.Schema.Literals;
import org.mlcengine.grammar.Schema.Members;
import org.mlcengine.grammar.Schema.Numbers;
import org.mlcengine.grammar.Schema.Property;
import org.mlcengine.grammar.Schema.Ref;
import org.mlcengine.grammar.Schema.Text;
import org.mlcengine.grammar.Schema.Union;

/** Which schemas allow a value of finite length. A grammar must not lead into the others. */
final class Possible {
  private final Map<String, Schema> refs;
  private final Set<String> known = new HashSet<>();

  Possible(Map<String, Schema> refs) {
    this.refs = refs;
    boolean grown = true;
    while (grown) {
      grown = false;
      for (Map.Entry<String, Schema> entry : refs.entrySet()) {
        grown |=
            !known.contains(entry.getKey())
                && allows(entry.getValue())
                && known.add(entry.getKey());
      }
    }
  }

  /** Tells whether a schema allows any value. */
  boolean allows(Schema schema) {
    return switch (schema) {
      case Ref ref -> known.contains(ref.pointer());
      case Union union -> union.options().stream().anyMatch(this::allows);
      case Literals literals -> !literals.values().isEmpty();
      case Numbers numbers -> !numbers.bodies().isEmpty();
      case Text text -> text.min() <= text.max();
      case Items items -> mostItems(items) >= items.min() && items.max() >= items.min();
      case Members members -> allowsMembers(members);
      default -> true;
    };
  }

  /** How many elements an array can have. */
  int mostItems(Items items) {
    for (int i = 0; i < items.first().size(); i++) {
      if (!allows(items.first().get(i))) {
        return Math.min(items.max(), i);
      }
    }
    boolean more = items.rest() != null && allows(items.rest());
    return more ? items.max() : Math.min(items.max(), items.first().size());
  }

  private boolean allowsMembers(Members members) {
    long usable = members.properties().stream().filter(p -> allows(p.value())).count();
    long required = members.properties().stream().filter(Property::required).count();
    boolean open = members.rest() != null && allows(members.rest());
    return members.properties().stream().allMatch(p -> !p.required() || allows(p.value()))
        && required <= members.max()
        && members.min() <= members.max()
        && (open || usable >= members.min());
  }

  /** Tells whether a schema refers to itself with nothing in between. */
  boolean leadsBack(String pointer) {
    return leadsTo(refs.get(pointer), pointer, new HashSet<>());
  }

  private boolean leadsTo(@Nullable Schema schema, String pointer, Set<String> seen) {
    return switch (schema) {
      case Ref ref ->
          ref.pointer().equals(pointer)
              || (seen.add(ref.pointer()) && leadsTo(refs.get(ref.pointer()), pointer, seen));
      case Union union ->
          union.options().stream().anyMatch(option -> leadsTo(option, pointer, seen));
      case null, default -> false;
    };
  }
}
