/** Small programs to copy from. */
module org.mlcengine.examples {
  requires org.mlcengine.core;

  // Replies become records of this package.
  opens org.mlcengine.examples to
      org.mlcengine.core;
}
