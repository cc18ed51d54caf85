package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher in a checkout of its own, with a JDK and a Maven that only say what they are told.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a shell script")
class LauncherTest {
  @TempDir Path root;
  private Path jdk;
  private Path tools;

  @BeforeEach
  void prepare() throws IOException {
    Files.copy(Path.of("../mlc"), root.resolve("mlc"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.writeString(root.resolve("pom.xml"), "<project/>");
    Files.createDirectories(root.resolve("mlc-cli/src/main"));
    Files.writeString(root.resolve("mlc-cli/pom.xml"), "<project/>");
    Files.createDirectories(root.resolve("mlc-native/scripts"));
    Files.createDirectories(root.resolve("mlc-native/kernels"));
    jdk = root.resolve("jdk");
    script(jdk.resolve("bin/java"), "echo java \"$@\"");
    script(jdk.resolve("bin/javac"), "exit 1");
    release(23);
    tools = root.resolve("tools");
    script(
        tools.resolve("mvn"),
        "echo built >> " + root.resolve("builds"),
        "mkdir -p " + root.resolve("mlc-cli/target/mlc"));
  }

  private void release(int version) throws IOException {
    Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"%d.0.1\"\n".formatted(version));
  }

  private static void script(Path file, String... lines) throws IOException {
    Files.createDirectories(file.getParent());
    Files.writeString(file, "#!/bin/sh\n" + String.join("\n", lines) + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private String run(String... arguments) throws IOException, InterruptedException {
    Process process = start(arguments);
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(root.resolve("mlc").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.directory(Path.of("/").toFile());
    builder.environment().put("JAVA_HOME", jdk.toString());
    builder.environment().put("PATH", tools + ":/usr/bin:/bin");
    Process process = builder.start();
    process.getOutputStream().close();
    return process;
  }

  private long builds() throws IOException {
    Path log = root.resolve("builds");
    return Files.exists(log) ? Files.readAllLines(log).size() : 0;
  }

  @Test
  void buildsOnceAndPassesTheArgumentsOn() throws Exception {
    assertThat(run("chat", "--prompt", "two words")).contains("building").contains("two words");
    assertThat(run("doctor")).startsWith("java ").doesNotContain("building").endsWith("doctor\n");
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void buildsAgainWhenASourceChanges() throws Exception {
    run("doctor");
    Path source = root.resolve("mlc-cli/src/main/Main.java");
    Files.writeString(source, "class Main {}");
    Files.setLastModifiedTime(source, FileTime.fromMillis(System.currentTimeMillis() + 5_000));

    assertThat(run("doctor")).contains("building");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void aFailedBuildIsShownAndTriedAgain() throws Exception {
    script(tools.resolve("mvn"), "echo '[ERROR] no such luck'", "exit 1");
    assertThat(run("doctor")).contains("no such luck").contains("the build failed");
    script(tools.resolve("mvn"), "mkdir -p " + root.resolve("mlc-cli/target/mlc"));
    assertThat(run("doctor")).contains("java ").endsWith("doctor\n");
  }

  @Test
  void anOldJdkIsPassedOver() throws Exception {
    release(17);
    script(jdk.resolve("bin/java"), "echo too old");
    assertThat(run("doctor")).doesNotContain("too old");
  }

  @Test
  void theFirstChatLeavesACacheForLaterStarts() throws Exception {
    release(25);
    script(
        jdk.resolve("bin/java"),
        "for option in \"$@\"; do",
        "  case $option in -XX:AOTCacheOutput=*) echo full > \"${option#*=}\" ;; esac",
        "done",
        "echo java \"$@\"");
    Path stamp = root.resolve("mlc-cli/target/default-model.stamp");

    assertThat(run("chat")).doesNotContain("AOTCache");
    assertThat(run("chat")).as("without the default model").doesNotContain("AOTCache");
    Files.writeString(stamp, "a model");
    assertThat(run("doctor")).doesNotContain("AOTCache");
    assertThat(run("chat", "--prompt", "Hi")).endsWith("--prompt Hi\n").doesNotContain("AOTCache");
    assertThat(run("doctor")).contains("-XX:AOTCache=" + root.toRealPath()).endsWith("doctor\n");
    release(24);
    assertThat(run("doctor")).doesNotContain("AOTCache");
  }

  @Test
  void aChatThatFailsKeepsItsStatusAndLeavesNoCache() throws Exception {
    release(25);
    run("doctor");
    Files.writeString(root.resolve("mlc-cli/target/default-model.stamp"), "a model");
    script(jdk.resolve("bin/java"), "echo failed", "exit 3");
    Process process = start("chat");
    assertThat(process.waitFor()).isEqualTo(3);
    assertThat(root.resolve("mlc-cli/target/mlc/classes.aot")).doesNotExist();
  }

  @Test
  void runsThroughALink() throws Exception {
    Path link = root.resolve("elsewhere/mlc-link");
    Files.createDirectories(link.getParent());
    Files.createSymbolicLink(link, root.resolve("mlc"));
    ProcessBuilder builder = new ProcessBuilder(link.toString(), "doctor");
    builder.environment().put("JAVA_HOME", jdk.toString());
    builder.environment().put("PATH", tools + ":/usr/bin:/bin");
    Process process = builder.redirectErrorStream(true).start();
    process.getOutputStream().close();

    assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .endsWith("doctor\n");
    assertThat(builds()).isEqualTo(1);
  }
}
