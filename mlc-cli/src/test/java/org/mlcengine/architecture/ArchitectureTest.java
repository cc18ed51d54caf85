package org.mlcengine.architecture;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.Architectures.LayeredArchitecture;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The rules of docs/architecture.md. */
class ArchitectureTest {
  private static final String ROOT = "org.mlcengine";
  private static final String ENGINE = "engine";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

  /** The layers, each with those that may use it. */
  private static final Map<String, List<String>> USERS =
      Map.ofEntries(
          Map.entry("cli", List.of()),
          Map.entry("server", List.of("cli")),
          Map.entry(ENGINE, List.of("server", "cli")),
          Map.entry("scheduler", List.of(ENGINE)),
          Map.entry("runtime", List.of(ENGINE, "scheduler")),
          Map.entry("model", List.of(ENGINE, "scheduler", "runtime", "cli")),
          Map.entry("generation", List.of(ENGINE)),
          Map.entry("sampling", List.of(ENGINE)),
          Map.entry("tools", List.of(ENGINE)),
          Map.entry("conversation", List.of(ENGINE, "tools")),
          Map.entry("jinja", List.of(ENGINE, "conversation")),
          Map.entry("grammar", List.of(ENGINE, "tools")),
          Map.entry("tokenizer", List.of(ENGINE, "generation", "grammar", "cli")),
          Map.entry("session", List.of(ENGINE)),
          Map.entry(
              "protocol", List.of(ENGINE, "session", "conversation", "tools", "server", "cli")));

  @Test
  void onlyTheBindingsUseForeignMemoryBeyondSegments() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".bindings..")
        .should()
        .dependOnClassesThat(
            resideInAPackage("java.lang.foreign")
                .and(
                    nameMatching("java\\.lang\\.foreign\\.(MemorySegment|ValueLayout.*)").negate()))
        .check(CLASSES);
  }

  @Test
  void theBindingsKnowNothingOfTheRest() {
    noClasses()
        .that()
        .resideInAPackage(ROOT + ".bindings..")
        .should()
        .dependOnClassesThat(
            resideInAPackage(ROOT + "..")
                .and(resideInAPackage(ROOT + ".bindings..").negate())
                .or(resideInAPackage("com.fasterxml..")))
        .check(CLASSES);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
  }

  @Test
  void packagesDependDownwardsOnly() {
    LayeredArchitecture rule = layeredArchitecture().consideringOnlyDependenciesInLayers();
    for (String layer : USERS.keySet()) {
      rule = rule.layer(layer).definedBy(layer.equals(ENGINE) ? ROOT : ROOT + "." + layer + "..");
    }
    for (Map.Entry<String, List<String>> layer : USERS.entrySet()) {
      String[] users = layer.getValue().toArray(String[]::new);
      LayeredArchitecture.LayerDependencySpecification where = rule.whereLayer(layer.getKey());
      rule =
          users.length == 0
              ? where.mayNotBeAccessedByAnyLayer()
              : where.mayOnlyBeAccessedByLayers(users);
    }
    rule.check(CLASSES);
  }

  @Test
  void librariesPrintNothing() {
    noClasses()
        .that()
        .resideOutsideOfPackage(ROOT + ".cli..")
        .should(ACCESS_STANDARD_STREAMS)
        .check(CLASSES);
  }
}
