package org.mlcengine.cli;

import java.io.Console;

/** Says whether a person is at the other end. */
final class Interactive {
  private Interactive() {}

  /** Returns whether standard input and output are a terminal. */
  static boolean terminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }
}
