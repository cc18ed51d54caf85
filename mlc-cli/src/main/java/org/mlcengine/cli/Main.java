package org.mlcengine.cli;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.mlcengine.MLCEngine;
import org.mlcengine.errors.MLCException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code mlc} command. */
@Command(
    name = "mlc",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    description = "Runs MLC-compiled language models in a JVM.",
    subcommands = {
      ChatCommand.class,
      ServeCommand.class,
      BenchCommand.class,
      TokenizeCommand.class,
      DoctorCommand.class,
      HelpCommand.class
    },
    footer = {
      "",
      "Tools that make models (Python, set up on first use; each has --help):",
      "  convert_weight  Converts a Hugging Face folder or a GGUF file to MLC weights.",
      "  gen_config      Writes mlc-chat-config.json and the tokenizer files.",
      "  compile         Compiles a model library.",
      "",
      "Models, natives and the Python environment are kept under MLC_HOME (default: the user's cache",
      "folder)."
    })
public final class Main implements Runnable {
  private static final Set<String> RUN_A_MODEL = Set.of("chat", "serve", "bench");

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--verbose",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Show the stack trace of an error.")
  private boolean verbose;

  Main() {}

  /** Runs the command and exits with its status: 0, 1 for a failure, 2 for wrong usage. */
  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String... args) {
    if (args.length > 0 && RUN_A_MODEL.contains(args[0])) {
      Thread.ofPlatform().name("mlc-prepare").daemon().start(MLCEngine::prepare);
    }
    Main main = new Main();
    return new CommandLine(main)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler((failure, wrong) -> usage(failure))
        .setExecutionExceptionHandler((failure, command, parsed) -> main.report(failure, command))
        .execute(args);
  }

  @Override
  public void run() {
    if (spec != null) {
      throw new ParameterException(spec.commandLine(), "A sub-command is needed.");
    }
  }

  private static int usage(ParameterException failure) {
    CommandLine command = failure.getCommandLine();
    command
        .getErr()
        .printf(
            "mlc: %s %sSee %s --help.%n",
            sentence(failure.getMessage()),
            suggestion(failure),
            command.getCommandSpec().qualifiedName());
    return CommandLine.ExitCode.USAGE;
  }

  private static String suggestion(ParameterException failure) {
    List<String> close =
        failure instanceof UnmatchedArgumentException unmatched
            ? unmatched.getSuggestions()
            : List.of();
    return close.isEmpty() ? "" : "Did you mean " + String.join(" or ", close) + "? ";
  }

  private static String sentence(@Nullable String message) {
    String text = String.valueOf(message);
    return text.endsWith(".") ? text : text + ".";
  }

  private int report(Exception failure, CommandLine command) {
    boolean expected = failure instanceof MLCException || failure instanceof CommandException;
    if (verbose) {
      failure.printStackTrace(command.getErr());
    }
    command
        .getErr()
        .println(
            expected
                ? "mlc: " + failure.getMessage()
                : "mlc: unexpected " + failure + "; run again with --verbose and report it.");
    return CommandLine.ExitCode.SOFTWARE;
  }
}
