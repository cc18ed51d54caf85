package org.mlcengine.protocol;

import java.util.List;
import java.util.Optional;

/**
 * A whole reply to a chat request whose reply is a value of a record class. Immutable.
 *
 * @param <T> the record class
 */
public final class StructuredChatCompletion<T> {
  private final ChatCompletion raw;
  private final List<Choice<T>> choices;

  StructuredChatCompletion(ChatCompletion raw, RecordSchema<T> schema) {
    this.raw = raw;
    this.choices = raw.choices().stream().map(choice -> new Choice<>(choice, schema)).toList();
  }

  /** Returns the reply as text. */
  public ChatCompletion rawChatCompletion() {
    return raw;
  }

  /** Returns {@code chatcmpl-} and a unique part. */
  public String id() {
    return raw.id();
  }

  /** Returns when the request was made, in seconds since 1970. */
  public long created() {
    return raw.created();
  }

  /** Returns the model's name. */
  public String model() {
    return raw.model();
  }

  /** Returns one choice for each of the request's {@code n}. */
  public List<Choice<T>> choices() {
    return choices;
  }

  /** Returns token counts. */
  public Optional<Usage> usage() {
    return raw.usage();
  }

  /**
   * One reply. Immutable.
   *
   * @param <T> the record class
   */
  public static final class Choice<T> {
    private final ChatCompletion.Choice raw;
    private final RecordSchema<T> schema;

    private Choice(ChatCompletion.Choice raw, RecordSchema<T> schema) {
      this.raw = raw;
      this.schema = schema;
    }

    /** Returns its place among the request's {@code n}, from 0. */
    public int index() {
      return raw.index();
    }

    /** Returns what the model said. */
    public Message<T> message() {
      return new Message<>(raw, schema);
    }

    /** Returns why it ended. */
    public FinishReason finishReason() {
      return raw.finishReason();
    }

    /** Returns how probable its tokens were, if the request asked. */
    public Optional<Logprobs> logprobs() {
      return raw.logprobs();
    }
  }

  /**
   * What the model said. Immutable.
   *
   * @param <T> the record class
   */
  public static final class Message<T> {
    private final ChatCompletion.Choice raw;
    private final RecordSchema<T> schema;

    private Message(ChatCompletion.Choice raw, RecordSchema<T> schema) {
      this.raw = raw;
      this.schema = schema;
    }

    /** Returns the message as text. */
    public ChatMessage rawMessage() {
      return raw.message();
    }

    /**
     * Reads the value from the message's text; empty if the message only calls functions.
     *
     * @throws org.mlcengine.errors.IncompleteReplyException if the reply was cut before the value
     *     was complete
     * @throws org.mlcengine.errors.InvalidReplyException if the text is no value of the class, as
     *     the message says with its path
     */
    public Optional<T> content() {
      return raw.message().content().map(text -> schema.read(text, raw.finishReason()));
    }

    /** Returns the calls that the message asks for. */
    public List<ToolCall> toolCalls() {
      return raw.message().toolCalls();
    }
  }
}
