package org.mlcengine.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.DefaultParser;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import org.mlcengine.CompletionStream;
import org.mlcengine.EngineInfo;
import org.mlcengine.MLCEngine;
import org.mlcengine.Session;
import org.mlcengine.errors.MLCException;
import org.mlcengine.natives.MlcHome;
import org.mlcengine.protocol.ChatCompletionChunk;
import org.mlcengine.protocol.ChatCompletionCreateParams;
import org.mlcengine.protocol.ChatMessage;
import org.mlcengine.protocol.RequestMetrics;
import org.mlcengine.protocol.Usage;

/** An interactive chat on a terminal. */
final class ChatSession {
  private static final String HELP =
      """
      /help   this list
      /reset  forget the conversation
      /stats  tokens and speed of the last reply
      /exit   leave (also Ctrl-D)
      Ctrl-C stops a reply.""";

  private final MLCEngine engine;
  private final ChatCompletionCreateParams.Builder request;
  private final List<ChatMessage> opening;
  private final AtomicReference<@Nullable CompletionStream<ChatCompletionChunk>> current =
      new AtomicReference<>();
  private Session session;
  private Optional<Usage> lastUsage = Optional.empty();

  /**
   * Creates an interactive chat.
   *
   * @param session the conversation to go on with
   * @param request sampling values
   * @param opening the messages before the first turn: a system message, or none
   */
  ChatSession(
      MLCEngine engine,
      Session session,
      ChatCompletionCreateParams.Builder request,
      List<ChatMessage> opening) {
    this.engine = engine;
    this.session = session;
    this.request = request.includeUsage(true);
    this.opening = opening;
  }

  /**
   * Answers each line of standard input; greets and prompts a person at a terminal.
   *
   * @return the conversation in the end
   */
  Session run() {
    try {
      if (Interactive.terminal()) {
        runOnTerminal();
      } else {
        runOnPipe();
      }
      return session;
    } catch (IOException e) {
      throw new CommandException("the chat cannot be read: " + e.getMessage(), e);
    }
  }

  private void runOnPipe() throws IOException {
    BufferedReader lines =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintWriter output = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
    String line = lines.readLine();
    while (line != null && act(line.strip(), output)) {
      output.flush();
      line = lines.readLine();
    }
    output.flush();
  }

  private void runOnTerminal() throws IOException {
    try (Terminal terminal =
        TerminalBuilder.builder().name("mlc").encoding(StandardCharsets.UTF_8).build()) {
      terminal.handle(Terminal.Signal.INT, signal -> stopReply());
      LineReader reader =
          LineReaderBuilder.builder()
              .terminal(terminal)
              .appName("mlc")
              .parser(new DefaultParser().quoteChars(new char[0]).escapeChars(new char[0]))
              .variable(LineReader.HISTORY_FILE, history())
              .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
              .build();
      PrintWriter output = terminal.writer();
      EngineInfo info = engine.info();
      output.printf(
          Locale.ROOT,
          "%s (%s, %d threads, context %d). /help lists the commands.%n",
          info.model(),
          info.quantization(),
          info.threads(),
          info.contextWindow());
      while (turn(reader, output)) {
        output.flush();
      }
    }
  }

  private static Path history() throws IOException {
    return Files.createDirectories(MlcHome.folder()).resolve("chat-history");
  }

  /** Reads one line and acts on it; returns false at the end. */
  private boolean turn(LineReader reader, PrintWriter output) {
    String line;
    try {
      line = reader.readLine("> ").strip();
    } catch (UserInterruptException e) {
      return true;
    } catch (EndOfFileException e) {
      return false;
    }
    return act(line, output);
  }

  /** Acts on one line; returns false at the end. */
  private boolean act(String line, PrintWriter output) {
    switch (line) {
      case "" -> {}
      case "/exit", "/quit" -> {
        return false;
      }
      case "/help" -> output.println(HELP);
      case "/reset" -> {
        session.close();
        session = engine.session(session.id());
        output.println("The conversation is forgotten.");
      }
      case "/stats" -> output.println(stats());
      default -> {
        if (line.startsWith("/")) {
          output.println("Unknown command " + line + "; /help lists the commands.");
        } else {
          reply(line, output);
        }
      }
    }
    return true;
  }

  private void reply(String text, PrintWriter output) {
    List<ChatMessage> added = new ArrayList<>(session.messages().isEmpty() ? opening : List.of());
    added.add(ChatMessage.user(text));
    try (CompletionStream<ChatCompletionChunk> stream =
        session.createStreaming(request.messages(added).build())) {
      current.set(stream);
      for (ChatCompletionChunk chunk : stream) {
        for (ChatCompletionChunk.Choice choice : chunk.choices()) {
          output.print(choice.delta().content().orElse(""));
        }
        output.flush();
        lastUsage = chunk.usage().or(() -> lastUsage);
      }
    } catch (MLCException e) {
      output.print(e.getMessage());
    } finally {
      current.set(null);
    }
    output.println();
  }

  private void stopReply() {
    CompletionStream<ChatCompletionChunk> stream = current.get();
    if (stream != null) {
      stream.close();
    }
  }

  private String stats() {
    if (lastUsage.isEmpty()) {
      return "No reply yet.";
    }
    Usage usage = lastUsage.get();
    RequestMetrics metrics = usage.extra().orElseThrow();
    return String.format(
        Locale.ROOT,
        "prompt %d tokens, %.1f tok/s; reply %d tokens, %.1f tok/s; first token after %.2f s",
        usage.promptTokens(),
        metrics.prefillTokensPerSecond(),
        usage.completionTokens(),
        metrics.decodeTokensPerSecond(),
        metrics.timeToFirstToken().toNanos() / 1e9);
  }
}
