package org.mlcengine.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import org.mlcengine.errors.SessionFileException;
import org.mlcengine.session.SessionFileReader;

/** A session's file is refused with a typed exception, or read to its end. */
public final class SessionFileFuzzer {
  private static final FuzzFile FILE = new FuzzFile("session");

  private SessionFileFuzzer() {}

  /** Runs one input. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    try (SessionFileReader reader =
        SessionFileReader.open(FILE.write(data.consumeRemainingAsBytes()).resolve("session"))) {
      byte[] block = reader.next();
      while (block != null) {
        block = reader.next();
      }
    } catch (SessionFileException e) {
      // Refused with a typed exception.
    }
  }
}
