/** The {@code mlc} command. */
module org.mlcengine.cli {
  requires static org.jspecify;
  requires info.picocli;
  requires org.jline;
  requires org.mlcengine.core;
}
