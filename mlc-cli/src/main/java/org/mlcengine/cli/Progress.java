package org.mlcengine.cli;

import java.io.PrintStream;
import java.util.Locale;
import org.mlcengine.LoadListener;

/** A progress line on a terminal; silent elsewhere. */
final class Progress implements LoadListener {
  private static final int WIDTH = 24;

  private final PrintStream terminal;
  private final boolean shown;
  private int lastPercent = -1;

  Progress(PrintStream terminal, boolean shown) {
    this.terminal = terminal;
    this.shown = shown;
  }

  @Override
  public void onProgress(Phase phase, long done, long total) {
    int percent = total == 0 ? 100 : (int) (done * 100 / total);
    if (!shown || percent == lastPercent) {
      return;
    }
    lastPercent = percent;
    int filled = percent * WIDTH / 100;
    terminal.printf(
        Locale.ROOT,
        "\r%-8s [%s%s] %3d%%",
        phase.name().toLowerCase(Locale.ROOT),
        "=".repeat(filled),
        " ".repeat(WIDTH - filled),
        percent);
    terminal.flush();
  }

  /** Removes the line. */
  void clear() {
    if (shown && lastPercent >= 0) {
      terminal.print("\r" + " ".repeat(WIDTH + 18) + "\r");
      terminal.flush();
    }
  }
}
