package org.mlcengine.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When the script's answer is remembered, and when it must be asked again. */
class DefaultModelTest {
  @TempDir Path root;
  private Path model;
  private Path source;
  private DefaultModel found;

  @BeforeEach
  void remember() throws IOException {
    Path compiler = Files.createDirectories(root.resolve("mlc-native/compiler/mlc_compiler/ops"));
    Files.createDirectories(root.resolve("mlc-native/scripts/__pycache__"));
    Files.writeString(root.resolve("mlc-native/scripts/default_model.py"), "print()");
    source = Files.writeString(compiler.resolve("linear.py"), "pass");
    model = Files.createDirectory(root.resolve("model"));
    found = new DefaultModel(root, root.resolve("stamp"));
    assertThat(found.remembered()).isNull();
    found.remember(model);
  }

  @Test
  void theSameSourcesGiveTheSameModel() throws IOException {
    Files.writeString(root.resolve("mlc-native/scripts/__pycache__/default_model.pyc"), "code");
    assertThat(found.remembered()).isEqualTo(model);
  }

  @Test
  void aChangedSourceAsksAgain() throws IOException {
    Files.setLastModifiedTime(source, FileTime.fromMillis(1));
    assertThat(found.remembered()).isNull();
  }

  @Test
  void aNewSourceAsksAgain() throws IOException {
    Files.writeString(source.resolveSibling("norm.py"), "pass");
    assertThat(found.remembered()).isNull();
  }

  @Test
  void aModelThatIsGoneAsksAgain() throws IOException {
    Files.delete(model);
    assertThat(found.remembered()).isNull();
  }

  @Test
  void aDamagedStampAsksAgain() throws IOException {
    Files.writeString(root.resolve("stamp"), "nonsense");
    assertThat(found.remembered()).isNull();
  }

  @Test
  void withoutAStampTheScriptIsAlwaysAsked() {
    DefaultModel forgetful = new DefaultModel(root, null);
    forgetful.remember(model);
    assertThat(forgetful.remembered()).isNull();
  }
}
