package org.mlcengine;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.mlcengine.errors.ContextLengthExceededException;
import org.mlcengine.errors.EngineFailedException;
import org.mlcengine.errors.InvalidRequestException;
import org.mlcengine.errors.RequestInterruptedException;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.protocol.EmbeddingCreateParams.Input;
import org.mlcengine.protocol.EmbeddingCreateParams.Text;
import org.mlcengine.protocol.EmbeddingCreateParams.Tokens;
import org.mlcengine.protocol.EmbeddingResponse;
import org.mlcengine.protocol.EmbeddingResponse.Embedding;
import org.mlcengine.protocol.Usage;
import org.mlcengine.scheduler.EncoderScheduler;
import org.mlcengine.tokenizer.Tokenizer;

/** An encoder's vectors of texts. */
final class ModelEmbeddings {
  private final EncoderScheduler scheduler;
  private final Tokenizer tokenizer;
  private final EngineInfo info;
  private final int dimensions;

  ModelEmbeddings(
      EncoderScheduler scheduler, Tokenizer tokenizer, EngineInfo info, int dimensions) {
    this.scheduler = scheduler;
    this.tokenizer = tokenizer;
    this.info = info;
    this.dimensions = dimensions;
  }

  /** Returns how many numbers a vector has. */
  int dimensions() {
    return dimensions;
  }

  /** Waits for the vectors of all inputs. */
  EmbeddingResponse create(EmbeddingCreateParams params, RequestReport report) {
    requireDimensions(params.dimensions());
    List<int[]> texts = new ArrayList<>(params.inputs().size());
    int total = 0;
    for (Input input : params.inputs()) {
      String place = params.inputs().size() == 1 ? "input" : "input[" + texts.size() + "]";
      int[] tokens = tokens(place, input);
      total = Math.addExact(total, tokens.length);
      texts.add(tokens);
    }
    List<float[]> vectors = await(scheduler.submit(texts));
    report.embedded(total);
    List<Embedding> data = new ArrayList<>(vectors.size());
    for (float[] vector : vectors) {
      data.add(new Embedding(data.size(), vector));
    }
    return new EmbeddingResponse(
        params.model().orElse(info.model()), data, new Usage(total, 0), params.encodingFormat());
  }

  private void requireDimensions(OptionalInt asked) {
    if (asked.isPresent() && asked.getAsInt() != dimensions) {
      throw new InvalidRequestException(
          "dimensions",
          "expected %d, the length of this model's vectors, found %d: it was not trained to be cut; leave it out."
              .formatted(dimensions, asked.getAsInt()));
    }
  }

  private int[] tokens(String place, Input input) {
    int[] tokens =
        switch (input) {
          case Text(String text) -> tokenizer.encodeWithSpecialTokens(text);
          case Tokens(List<Integer> ids) -> ids.stream().mapToInt(Integer::intValue).toArray();
        };
    if (tokens.length > info.maxInputTokens()) {
      throw new ContextLengthExceededException(place, tokens.length, info.maxInputTokens());
    }
    if (tokens.length == 0) {
      throw new InvalidRequestException(place, "expected at least one token, found none.");
    }
    for (int token : tokens) {
      if (token >= info.vocabularySize()) {
        throw new InvalidRequestException(
            place,
            "expected token ids from 0 to %d, found %d."
                .formatted(info.vocabularySize() - 1, token));
      }
    }
    return tokens;
  }

  private static List<float[]> await(CompletableFuture<List<float[]>> reply) {
    try {
      return reply.get();
    } catch (InterruptedException e) {
      reply.cancel(false);
      Thread.currentThread().interrupt();
      throw new RequestInterruptedException(e);
    } catch (ExecutionException | CancellationException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        failure.addSuppressed(new RequestSite());
        throw failure;
      }
      throw new EngineFailedException("The request failed: " + e.getMessage(), e);
    }
  }

  /** Marks where in the caller's code a request failed on the engine's thread. */
  private static final class RequestSite extends RuntimeException {
    RequestSite() {
      super("the request was made here");
    }
  }
}
