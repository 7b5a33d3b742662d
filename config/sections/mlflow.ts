/** `mlflow`: a server to which sets of models are written, and from which those that are missing are fetched. */
import { z } from 'zod';
import { duration, secret } from '../values.js';

export const mlflow = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe('Base address of the tracking server, for example http://mlflow:5000; it must serve artifacts.'),
    username: z.string().optional().describe('User of the basic authentication.'),
    password: secret('Its password.').optional(),
    token: secret('Or a bearer token.').optional(),
    model: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,100}$/, 'use letters, digits, "_" and "-"')
      .prefault('tocsin')
      .describe(
        'Registered model of the sets; each detector has one of its own, MODEL-SCHEMA-DETECTOR. Two fleets need two names.',
      ),
    experiment: z.string().min(1).max(200).prefault('tocsin').describe('Experiment that gets a run for each set.'),
    timeout: duration('10s', 'Limit of one request.'),
  })
  .optional()
  .describe('A registry of MLflow. What it does not answer is written later, and nothing waits for it.');
