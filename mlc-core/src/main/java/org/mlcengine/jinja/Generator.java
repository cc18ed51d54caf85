package org.mlcengine.jinja;

import java.util.Iterator;

/** Values that are made when they are asked for, once. As in Python it is true even when empty. */
final class Generator implements Value, Iterator<Value> {
  private final Iterator<Value> values;
  private final Budget budget;

  Generator(Iterator<Value> values, Budget budget) {
    this.values = values;
    this.budget = budget;
  }

  @Override
  public boolean hasNext() {
    budget.enter();
    boolean more = values.hasNext();
    budget.leave();
    return more;
  }

  @Override
  public Value next() {
    budget.enter();
    Value value = values.next();
    budget.leave();
    return value;
  }
}
