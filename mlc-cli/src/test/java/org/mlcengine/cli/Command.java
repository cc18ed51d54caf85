package org.mlcengine.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * One run of the command in a JVM of its own.
 *
 * @param status its exit status
 * @param output what it wrote to standard output
 * @param errors what it wrote to standard error
 */
record Command(int status, String output, String errors) {
  /** Runs {@code mlc} with these arguments and this standard input. */
  static Command run(String input, String... arguments) {
    List<String> command = line(arguments);
    try {
      Path output = Files.createTempFile("mlc", ".out");
      Path errors = Files.createTempFile("mlc", ".err");
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(output.toFile())
              .redirectError(errors.toFile())
              .start();
      try (var stdin = process.outputWriter(StandardCharsets.UTF_8)) {
        stdin.write(input);
      }
      int status = process.waitFor();
      return new Command(status, Files.readString(output), Files.readString(errors));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Returns the command line of {@code mlc} with these arguments. */
  static List<String> line(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-Dmlc.natives.path=" + System.getProperty("mlc.natives.path"));
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    return command;
  }

  /** Returns the default model's folder, which the build makes before. */
  static String model() {
    try {
      return Files.readString(Path.of("../mlc-native/target/default-model.path")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException("Run mvn verify from the root", e);
    }
  }
}
