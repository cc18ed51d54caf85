package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code mlc serve} as a user runs it. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ServeCommandTest {
  private static final Pattern GREETING =
      Pattern.compile(
          "Chat at (http://127\\.0\\.0\\.1:\\d+/), OpenAI's API at \\1v1, with (.+)\\. Stop with Ctrl-C\\.");

  @Test
  void itSaysWhereItListensAndEndsWhenItIsTold() throws Exception {
    Process server =
        new ProcessBuilder(
                Command.line(
                    "serve",
                    Command.model(),
                    "--port",
                    "0",
                    "--context-window-size",
                    "256",
                    "--api-key",
                    "k"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try (BufferedReader output = server.inputReader()) {
      Matcher greeting = GREETING.matcher(output.readLine());
      assertThat(greeting.matches()).isTrue();
      assertThat(greeting.group(2)).isEqualTo(Path.of(Command.model()).getFileName().toString());

      HttpResponse<String> reply = ask(greeting.group(1), "k");
      assertThat(reply.statusCode()).isEqualTo(200);
      assertThat(reply.body()).contains("\"chat.completion\"");
      assertThat(ask(greeting.group(1), "x").statusCode()).isEqualTo(401);

      server.toHandle().destroy();
      assertThat(output.readLine()).isNull();
      assertThat(server.waitFor(60, TimeUnit.SECONDS)).isTrue();
    } finally {
      server.destroyForcibly();
    }
  }

  private static HttpResponse<String> ask(String url, String key)
      throws IOException, InterruptedException {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create(url + "v1/chat/completions"))
                .header("Content-Type", "application/json")
                .header("Authorization", "Bearer " + key)
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":3}"))
                .build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void whatCannotBeServedIsSaidBeforeAModelIsLoaded() {
    Command open = Command.run("", "serve", Command.model(), "--host", "0.0.0.0", "--port", "0");
    assertThat(open.status()).isEqualTo(1);
    assertThat(open.errors()).contains("API key").hasLineCount(1);

    Command idle = Command.run("", "serve", Command.model(), "--idle-unload", "0m");
    assertThat(idle.errors()).contains("idleUnload").hasLineCount(1);

    Command twice = Command.run("", "serve", Command.model(), Command.model());
    assertThat(twice.errors()).contains("two model folders").hasLineCount(1);

    Command missing = Command.run("", "serve", "/no/such/folder");
    assertThat(missing.errors()).contains("/no/such/folder").hasLineCount(1);
  }
}
