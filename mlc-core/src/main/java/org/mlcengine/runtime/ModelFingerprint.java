package org.mlcengine.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.mlcengine.model.WeightIndex;
import org.mlcengine.model.WeightShard;
import org.mlcengine.natives.CpuKernels;
import org.mlcengine.natives.LoadedNatives;
import org.mlcengine.natives.Natives;

/** What the numbers of a model depend on, as one hash, which is made when it is first asked for. */
final class ModelFingerprint {
  private final ModelFacts facts;
  private final String natives;
  private @Nullable String text;

  ModelFingerprint(ModelFacts facts) {
    this.facts = facts;
    natives =
        Natives.loaded().map(LoadedNatives::version).orElse("")
            + " "
            + CpuKernels.loaded().map(CpuKernels::isa).orElse("");
  }

  synchronized String text() {
    if (text == null) {
      try {
        text = compute();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return text;
  }

  private String compute() throws IOException {
    MessageDigest digest = sha256();
    digest.update(natives.getBytes(StandardCharsets.UTF_8));
    add(facts.library(), digest);
    WeightIndex index = WeightIndex.read(facts.config().folder());
    add(index.file(), digest);
    for (WeightShard shard : index.shards()) {
      if (shard.md5().isEmpty()) {
        add(shard.file(), digest);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(Path file, MessageDigest digest) throws IOException {
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      in.transferTo(out);
    }
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("Every Java platform has SHA-256.", e);
    }
  }
}
