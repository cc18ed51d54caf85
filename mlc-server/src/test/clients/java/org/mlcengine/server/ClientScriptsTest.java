package org.mlcengine.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Clients in other languages, each in a process of its own; what they print is in target/clients.
 */
class ClientScriptsTest {
  private static final Path SCRIPTS = Path.of("src/test/clients").toAbsolutePath();
  private static final Path WORK = Path.of("target/clients").toAbsolutePath();
  private static final Path PYTHON = WORK.resolve("venv/bin/python");

  @BeforeAll
  static void install() throws Exception {
    Files.createDirectories(WORK);
    if (!Files.exists(PYTHON)) {
      run("venv", System.getProperty("mlc.python", "python3"), "-m", "venv", "venv");
    }
    run("pip", PYTHON, "-m", "pip", "install", "-q", "-r", SCRIPTS.resolve("requirements.txt"));
    for (String file : new String[] {"package.json", "openai_node.mjs"}) {
      Files.copy(SCRIPTS.resolve(file), WORK.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    run("npm", "npm", "install", "--no-audit", "--no-fund");
  }

  /**
   * Writes texts and the vectors that the engine makes of them, for the clients to compare with.
   */
  private static Path vectors(ClientServer server) throws IOException {
    List<Map<String, Object>> lines = new ArrayList<>();
    List<float[]> vectors = server.vectors();
    for (int i = 0; i < vectors.size(); i++) {
      lines.add(Map.of("text", ClientServer.TEXTS.get(i), "vector", vectors.get(i)));
    }
    Path file = WORK.resolve("vectors.json");
    new ObjectMapper().writeValue(file.toFile(), lines);
    return file;
  }

  private static void run(String log, Object... command) throws Exception {
    Path output = WORK.resolve(log + ".log");
    List<String> words = new ArrayList<>();
    for (Object word : command) {
      words.add(word.toString());
    }
    Process process =
        new ProcessBuilder(words)
            .directory(WORK.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    process.getOutputStream().close();
    int status = process.waitFor();
    assertThat(status).as(() -> read(output)).isZero();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void pythonIsServed() throws Exception {
    try (ClientServer server = new ClientServer(4096)) {
      Path script = SCRIPTS.resolve("openai_python.py");
      run("python", PYTHON, script, server.url() + "v1", ClientServer.KEY, vectors(server));
    }
  }

  @Test
  void nodeIsServed() throws Exception {
    try (ClientServer server = new ClientServer(4096)) {
      String url = server.url() + "v1";
      run("node", "node", "openai_node.mjs", url, ClientServer.KEY, vectors(server));
    }
  }

  @Test
  void theChatPageWorksInABrowser() throws Exception {
    try (ClientServer server = new ClientServer(4096)) {
      Path picture = WORK.resolve("chat-page.png");
      run("page", PYTHON, SCRIPTS.resolve("page.py"), server.url(), ClientServer.KEY, picture);
    }
  }

  @Test
  void generatedRequestsFindNothingUndocumented() throws Exception {
    // Replies fill the context, if the request does not say how long they may be.
    try (ClientServer server = new ClientServer(64)) {
      run(
          "schemathesis",
          WORK.resolve("venv/bin/schemathesis"),
          "run",
          server.url() + "openapi.json",
          "--header",
          "Authorization: Bearer " + ClientServer.KEY,
          "--phases",
          "examples,coverage,fuzzing",
          // A schema cannot say all that a request must keep to.
          "--exclude-checks",
          "positive_data_acceptance",
          "--continue-on-failure",
          "--request-timeout",
          "600",
          "--max-time",
          "300",
          "--no-color");
    }
  }
}
