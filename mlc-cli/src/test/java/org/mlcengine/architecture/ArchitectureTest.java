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
import org.junit.jupiter.api.Test;

/** The rules of docs/architecture.md. */
class ArchitectureTest {
  private static final String ROOT = "org.mlcengine";
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages(ROOT);

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
    layeredArchitecture()
        .consideringOnlyDependenciesInLayers()
        .layer("engine")
        .definedBy(ROOT)
        .layer("scheduler")
        .definedBy(ROOT + ".scheduler")
        .layer("runtime")
        .definedBy(ROOT + ".runtime")
        .layer("model")
        .definedBy(ROOT + ".model")
        .layer("generation")
        .definedBy(ROOT + ".generation")
        .layer("tools")
        .definedBy(ROOT + ".tools")
        .layer("jinja")
        .definedBy(ROOT + ".jinja")
        .layer("conversation")
        .definedBy(ROOT + ".conversation")
        .layer("sampling")
        .definedBy(ROOT + ".sampling")
        .layer("grammar")
        .definedBy(ROOT + ".grammar")
        .layer("tokenizer")
        .definedBy(ROOT + ".tokenizer..")
        .layer("protocol")
        .definedBy(ROOT + ".protocol")
        .layer("cli")
        .definedBy(ROOT + ".cli..")
        .whereLayer("cli")
        .mayNotBeAccessedByAnyLayer()
        .whereLayer("engine")
        .mayOnlyBeAccessedByLayers("cli")
        .whereLayer("scheduler")
        .mayOnlyBeAccessedByLayers("engine")
        .whereLayer("runtime")
        .mayOnlyBeAccessedByLayers("engine", "scheduler")
        .whereLayer("model")
        .mayOnlyBeAccessedByLayers("engine", "runtime", "cli")
        .whereLayer("generation")
        .mayOnlyBeAccessedByLayers("engine")
        .whereLayer("tools")
        .mayOnlyBeAccessedByLayers("engine")
        .whereLayer("conversation")
        .mayOnlyBeAccessedByLayers("engine", "tools")
        .whereLayer("jinja")
        .mayOnlyBeAccessedByLayers("engine", "conversation", "tools")
        .whereLayer("sampling")
        .mayOnlyBeAccessedByLayers("engine")
        .whereLayer("grammar")
        .mayOnlyBeAccessedByLayers("engine")
        .whereLayer("tokenizer")
        .mayOnlyBeAccessedByLayers("engine", "generation", "grammar", "cli")
        .whereLayer("protocol")
        .mayOnlyBeAccessedByLayers("engine", "conversation", "tools", "cli")
        .check(CLASSES);
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
