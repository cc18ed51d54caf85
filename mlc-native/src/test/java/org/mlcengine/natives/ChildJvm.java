package org.mlcengine.natives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A second JVM with the same class path, for what can be done once in a process. */
final class ChildJvm {
  private final Process process;

  private ChildJvm(Process process) {
    this.process = process;
  }

  static ChildJvm start(Class<?> main, List<String> options, String... arguments)
      throws IOException {
    return start(main, options, Map.of(), System.getProperty("java.class.path"), arguments);
  }

  static ChildJvm start(
      Class<?> main,
      List<String> options,
      Map<String, String> environment,
      String classPath,
      String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx64m", "-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"));
    command.addAll(options);
    command.addAll(List.of("-cp", classPath, main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("MLC_NATIVES_PATH");
    builder.environment().putAll(environment);
    return new ChildJvm(builder.start());
  }

  /** What the child wrote; fails unless it ended with status 0. */
  String output() throws IOException, InterruptedException {
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("exit status of the child, which wrote:%n%s", output).isZero();
    return output;
  }
}
