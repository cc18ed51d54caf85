package org.mlcengine;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.mlcengine.errors.EngineClosedException;
import org.mlcengine.errors.ModelNotLoadedException;
import org.mlcengine.model.EmbeddingMetadata;
import org.mlcengine.protocol.EmbeddingCreateParams;
import org.mlcengine.races.CheckedEncoder;
import org.mlcengine.races.Owner;
import org.mlcengine.races.Race;
import org.mlcengine.scheduler.EncoderScheduler;
import org.mlcengine.scheduler.EngineThread;
import org.mlcengine.tokenizer.SpecialTokens;
import org.mlcengine.tokenizer.StreamDecoder;
import org.mlcengine.tokenizer.Tokenizer;

/** Models that take each other's place while requests come. */
class ModelSlotRaces {
  private static final EmbeddingMetadata MEAN =
      new EmbeddingMetadata(EmbeddingMetadata.Pooling.MEAN, false);
  private static final EmbeddingCreateParams REQUEST =
      EmbeddingCreateParams.builder().addInputTokens(1).build();
  private static final EngineInfo INFO =
      new EngineInfo(
          "checked",
          Path.of("checked"),
          Path.of("checked"),
          "bert",
          "none",
          "cpu",
          1,
          2,
          2,
          2,
          2,
          10,
          0,
          0,
          0,
          Duration.ZERO);

  /** A slot, and every model that was put into it. */
  private static final class Slot {
    private final List<Owner> owners = new ArrayList<>();
    private final List<CheckedEncoder> models = new ArrayList<>();
    private final ModelSlot slot =
        new ModelSlot(open(), new EngineListener() {}, rested -> open(), null);
    private volatile int replies;

    private ModelSlot.Loaded open() {
      Owner owner = new Owner();
      owners.add(owner);
      EngineThread<CheckedEncoder, EncoderScheduler> thread =
          EngineThread.start(
              "encoder",
              () -> new CheckedEncoder(owner),
              model -> new EncoderScheduler(model, MEAN, 1024, () -> 0));
      models.add(thread.model());
      return new ModelSlot.Loaded(
          INFO,
          new Service.Vectors(
              thread, new ModelEmbeddings(thread.scheduler(), new NoTokenizer(), INFO, 1), "bert"));
    }

    void replace() {
      try {
        slot.replace(this::open);
      } catch (EngineClosedException e) {
        // Which another thread asked for.
      }
    }

    void unload() {
      try {
        slot.empty();
      } catch (EngineClosedException e) {
        // Which another thread asked for.
      }
    }

    void request() {
      slot.run(
          RequestSummary.Operation.EMBEDDINGS,
          1,
          (service, report) -> service.embeddings().create(REQUEST, report));
      replies++;
    }

    /** Closes the slot, and objects to a model that is still open, or a text computed twice. */
    void end() {
      slot.close();
      owners.forEach(Owner::requireClosed);
      int computed = models.stream().mapToInt(CheckedEncoder::texts).sum();
      Race.require(computed >= replies, "a reply came from nowhere");
      Race.require(computed <= 1, "a request ran on two models");
    }
  }

  @Test
  void aRequestRunsOnOneModelWhileAnotherTakesItsPlace() {
    Race.explore(
        () -> {
          Slot slot = new Slot();
          Race.run(slot::request, slot::replace);
          Race.require(slot.replies == 1, "the request was lost");
          slot.end();
        });
  }

  @Test
  void aRequestEndsWhileTheModelIsUnloaded() {
    Race.explore(
        () -> {
          Slot slot = new Slot();
          Race.run(
              () -> {
                try {
                  slot.request();
                } catch (ModelNotLoadedException e) {
                  // It came too late.
                }
              },
              slot::unload);
          slot.owners.getFirst().requireClosed();
          slot.end();
        });
  }

  @Test
  void closingWhileAnotherModelIsOpenedLeavesNoneOpen() {
    Race.explore(
        () -> {
          Slot slot = new Slot();
          Race.run(
              () -> {
                slot.slot.close();
                slot.owners.forEach(Owner::requireNotOpen);
              },
              slot::replace,
              () -> {
                try {
                  slot.request();
                } catch (EngineClosedException e) {
                  // Which another thread asked for.
                }
              });
          slot.end();
        });
  }

  /** For requests that give tokens. */
  private static final class NoTokenizer implements Tokenizer {
    @Override
    public int[] encode(String text, SpecialTokens special) {
      throw new UnsupportedOperationException();
    }

    @Override
    public String decode(int... ids) {
      throw new UnsupportedOperationException();
    }

    @Override
    public byte[] tokenBytes(int id) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int vocabSize() {
      return 10;
    }

    @Override
    public OptionalInt idOf(String token) {
      return OptionalInt.empty();
    }

    @Override
    public boolean isSpecial(int id) {
      return false;
    }

    @Override
    public StreamDecoder streamDecoder() {
      throw new UnsupportedOperationException();
    }
  }
}
