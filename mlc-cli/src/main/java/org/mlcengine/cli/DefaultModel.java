package org.mlcengine.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The model that is used when none is named: made from its package on first use. */
final class DefaultModel {
  private static final String SCRIPT = "mlc-native/scripts/default_model.py";

  private DefaultModel() {}

  /** Returns the default model's folder; makes it first if needed, with progress on stderr. */
  static Path folder() {
    Path script = script();
    List<String> command = List.of(System.getProperty("mlc.python", "python3"), script.toString());
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      process.getOutputStream().close();
      String last = "";
      try (BufferedReader output = process.inputReader()) {
        for (String line = output.readLine(); line != null; line = output.readLine()) {
          last = line;
        }
      }
      int status = process.waitFor();
      if (status != 0) {
        throw new CommandException(
            "the default model could not be made (exit status %d); see the lines above"
                .formatted(status));
      }
      return Path.of(last);
    } catch (IOException e) {
      throw new CommandException(
          "Python 3.10 or later is needed to make the default model: install it, or set PYTHON ("
              + e.getMessage()
              + ")",
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted while the default model was made", e);
    }
  }

  private static Path script() {
    Path script = Path.of(System.getProperty("mlc.root", "."), SCRIPT);
    if (!Files.isRegularFile(script)) {
      throw new CommandException(
          "no model was named, and the default model can be made only from a checkout ("
              + script
              + " is missing); name a model folder");
    }
    return script;
  }
}
